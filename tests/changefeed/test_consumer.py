"""Settings, signing, and what a cold start imports."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from changefeed.consumer import consumer_pipeline
from changefeed.decode.dynamodb_record import decode_dynamodb_record
from changefeed.environment import ConsumerEnvironment
from lambda_kit.errors import SettingsError
from lambda_kit.search_client import create_search_client
from lambda_kit.signing import check_endpoint, request_auth

COMPLETE = {
    "OPENSEARCH_ENDPOINT": "https://abc.eu-west-1.aoss.amazonaws.com",
    "OPENSEARCH_INDEX": "lab-table-dynamodb-stream",
    "AWS_REGION": "eu-west-1",
    "TABLE_NAME": "lab-table",
    "PARKING_QUEUE_URL": "https://sqs.eu-west-1.amazonaws.com/123456789012/q",
    "SECOND_DELETE_QUEUE_URL": "https://sqs.eu-west-1.amazonaws.com/123456789012/d",
}
ROLE = {
    "AWS_LAMBDA_FUNCTION_NAME": "sync",
    "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "example",
    "AWS_SESSION_TOKEN": "token",
}
REPOSITORY = Path(__file__).parents[2]


def test_a_complete_environment_is_read_with_thirty_seconds_of_trust() -> None:
    environment = ConsumerEnvironment.from_env(COMPLETE)
    assert environment.table_name == "lab-table"
    assert environment.trust_seconds == 30


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(SettingsError) as error:
        ConsumerEnvironment.from_env(
            {"OPENSEARCH_ENDPOINT": "http://evil.example", "TABLE_NAME": "", "TRUST_SECONDS": "x"}
        )
    for name in (
        "OPENSEARCH_ENDPOINT",
        "OPENSEARCH_INDEX",
        "AWS_REGION",
        "TABLE_NAME",
        "PARKING_QUEUE_URL",
        "SECOND_DELETE_QUEUE_URL",
        "TRUST_SECONDS",
    ):
        assert name in str(error.value)


@pytest.mark.parametrize("trust", ["31", "-1", "", "1.5", "x", "3600"])
def test_a_trust_that_a_deletes_guard_does_not_cover_is_refused(trust: str) -> None:
    with pytest.raises(SettingsError, match="TRUST_SECONDS"):
        ConsumerEnvironment.from_env(COMPLETE | {"TRUST_SECONDS": trust})


@pytest.mark.parametrize("trust", ["0", "30"])
def test_a_trust_from_nothing_to_thirty_is_accepted(trust: str) -> None:
    assert ConsumerEnvironment.from_env(COMPLETE | {"TRUST_SECONDS": trust}).trust_seconds == float(trust)


@pytest.mark.parametrize(
    "endpoint",
    ["https://abc.eu-west-1.aoss.amazonaws.com", "http://127.0.0.1:9201", "http://localhost:9201", "http://[::1]:9201"],
)
def test_https_and_the_loopback_are_accepted(endpoint: str) -> None:
    assert check_endpoint(endpoint) is None


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://abc.eu-west-1.aoss.amazonaws.com", "http://127.0.0.1@evil.example", "http://localhost.evil.example",
        "http://0.0.0.0:9201", "abc.aoss.amazonaws.com", "https://", "ftp://127.0.0.1", "http://[", "", "//127.0.0.1",
    ],
)  # fmt: skip
def test_other_endpoints_are_refused(endpoint: str) -> None:
    assert check_endpoint(endpoint) is not None
    with pytest.raises(SettingsError):
        request_auth(endpoint, "eu-west-1")


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:9201", "HTTP://localhost:9201"])
def test_the_loopback_is_not_signed(endpoint: str) -> None:
    assert request_auth(endpoint, "eu-west-1") is None


def test_a_collection_is_signed_for_aoss_with_the_containers_own_session(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ROLE.items():
        monkeypatch.setenv(name, value)
    request = requests.Request(
        "POST", "https://abc.eu-west-1.aoss.amazonaws.com/i/_bulk", data=b"{}\n",
        auth=request_auth("https://abc.eu-west-1.aoss.amazonaws.com", "eu-west-1"),
    ).prepare()  # fmt: skip
    assert "AKIDEXAMPLE/" in request.headers["Authorization"]
    assert "/eu-west-1/aoss/aws4_request" in request.headers["Authorization"]
    assert "x-amz-content-sha256" in request.headers["Authorization"]
    assert len(request.headers["x-amz-content-sha256"]) == 64
    assert request.headers["x-amz-security-token"] == "token"


def test_outside_lambda_the_default_credentials_sign_and_are_renewed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ROLE.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_LAMBDA_FUNCTION_NAME")
    signer = request_auth("https://abc.eu-west-1.aoss.amazonaws.com", "eu-west-1")
    request = requests.Request("GET", "https://abc.eu-west-1.aoss.amazonaws.com/", auth=signer).prepare()
    assert "/eu-west-1/aoss/aws4_request" in request.headers["Authorization"]


def test_the_search_client_takes_the_same_endpoints() -> None:
    assert create_search_client("http://127.0.0.1:9201", "eu-west-1").transport.hosts == [
        {"host": "127.0.0.1", "port": 9201}
    ]
    with pytest.raises(SettingsError):
        create_search_client("http://search.example.com", "eu-west-1")


def test_a_consumer_is_bound_with_its_trust() -> None:
    pipeline = consumer_pipeline(
        decode_dynamodb_record,
        ConsumerEnvironment.from_env(COMPLETE | {"OPENSEARCH_ENDPOINT": "http://127.0.0.1:9", "TRUST_SECONDS": "7"}),
    )
    assert getattr(pipeline.write, "trust_seconds", None) == 7


@pytest.mark.parametrize("endpoint", [COMPLETE["OPENSEARCH_ENDPOINT"], "http://127.0.0.1:9201"])
@pytest.mark.parametrize("consumer", ["sync_dynamodb_stream", "sync_kinesis_stream"])
def test_importing_a_handler_imports_no_client_of_aws_or_opensearch(consumer: str, endpoint: str) -> None:
    heavy = "{'boto3', 'botocore', 'opensearchpy'} & set(sys.modules)"
    program = f"import sys; import {consumer}.handler as h; assert callable(h.handler); print(sorted({heavy}))"
    environment = {**os.environ, **COMPLETE, **ROLE, "OPENSEARCH_ENDPOINT": endpoint, "PYTHONPATH": "images"}
    answer = subprocess.run(
        [sys.executable, "-c", program], cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "[]"


@pytest.mark.parametrize("consumer", ["sync_dynamodb_stream", "sync_kinesis_stream"])
def test_a_handler_takes_its_tables_records_only(consumer: str) -> None:
    program = f"import {consumer}.handler as h; print(h.handler.decode.keywords)"
    environment = {**os.environ, **COMPLETE, **ROLE, "PYTHONPATH": "images"}
    answer = subprocess.run(
        [sys.executable, "-c", program], cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == str({"table_name": COMPLETE["TABLE_NAME"]})


def test_a_handler_without_its_environment_fails_at_import_with_every_problem() -> None:
    environment = {"PYTHONPATH": "images", "PATH": os.environ["PATH"]}
    answer = subprocess.run(
        [sys.executable, "-c", "import sync_kinesis_stream.handler"],
        cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert answer.returncode == 1
    assert "OPENSEARCH_ENDPOINT is not set" in answer.stderr
    assert "PARKING_QUEUE_URL is not set" in answer.stderr
