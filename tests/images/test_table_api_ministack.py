"""The same store against a real DynamoDB emulator: what the fake table promises, and DynamoDB's own numbers."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.images.table_api_fakes import Api

pytestmark = pytest.mark.local
START_SECONDS = 30


@pytest.fixture(scope="module")
def dynamodb() -> Iterator[Any]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = {"BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(port), "IOT_MTLS_ENABLED": "0", "SFTP_ENABLED": "0"}
    process = subprocess.Popen(
        [str(Path(sys.executable).with_name("ministack"))],
        env=os.environ | settings,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until_healthy(f"http://127.0.0.1:{port}/_ministack/health", process)
        client = boto3.client(
            "dynamodb",
            endpoint_url=f"http://127.0.0.1:{port}",
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        client.create_table(
            TableName="lab-table",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        yield client
        client.close()
    finally:
        process.terminate()
        process.wait(timeout=10)


def wait_until_healthy(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, "ministack ended at once"
        try:
            with urllib.request.urlopen(url, timeout=1):  # noqa: S310 - our own loopback address
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise AssertionError(f"ministack did not answer in {START_SECONDS} s")


@pytest.fixture
def api(dynamodb: Any) -> Api:
    return Api(dynamodb)


def test_an_items_life_from_creation_to_deletion(api: Api) -> None:
    status, created = api.call("POST", "/items", {"name": "Test DynamoDB Stream Pipeline", "type": "Test"})
    path = f"/items/{created['id']}"
    assert status == 201
    assert api.call("GET", path)[1]["name"] == "Test DynamoDB Stream Pipeline"
    assert api.call("POST", "/items", {"id": created["id"]})[0] == 409
    assert api.call("PATCH", path, {"type": None, "size": {"a": [1, None, True, ""]}})[0] == 200
    name = "Test DynamoDB Stream Pipeline"
    assert api.call("GET", path)[1] == {"id": created["id"], "name": name, "size": {"a": ["1", None, True, ""]}}
    assert api.call("PUT", path, {"x": 1})[0] == 200
    assert api.call("DELETE", path)[0] == 204
    assert [api.call(method, path, {"x": 1})[0] for method in ("GET", "PATCH", "DELETE")] == [404, 404, 404]
    assert api.call("PUT", path, {"x": 1})[0] == 201
    assert api.call("DELETE", path)[0] == 204


def test_pages_show_every_item_once(api: Api) -> None:
    wanted = {str(uuid.uuid4()) for _ in range(23)}
    for item_id in wanted:
        assert api.call("PUT", f"/items/{item_id}", {})[0] == 201
    seen: list[str] = []
    cursor: dict[str, Any] = {}
    while True:
        status, page = api.call("GET", "/items", limit="5", **cursor)
        assert status == 200
        seen += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        cursor = {"next": page["next"]}
    assert len(seen) == len(set(seen))
    assert wanted <= set(seen)


@pytest.mark.parametrize(
    ("sent", "answered"),
    [
        ("12345678901234567890123456789012345678", "12345678901234567890123456789012345678"),
        ("-0.12345678901234567890123456789012345678", "-0.12345678901234567890123456789012345678"),
        ("47.00", "47"),
        ("-0", "0"),
        ("0E-400", "0"),
        ("1E125", "1E125"),
        ("-1E-130", "-1E-130"),
        ("9." + "9" * 37 + "E+125", "9" * 38 + "E88"),
    ],
)
def test_numbers_keep_every_digit_that_counts(api: Api, sent: str, answered: str) -> None:
    assert api.call("PUT", "/items/n", f'{{"n": {sent}}}')[0] in (200, 201)
    assert api.call("GET", "/items/n")[1]["n"] == answered


def test_the_deepest_item_and_the_largest_patch_that_we_accept_are_accepted(api: Api) -> None:
    assert api.call("PUT", "/items/d", '{"a": ' + "[" * 31 + "1" + "]" * 31 + "}")[0] == 201
    assert api.call("PATCH", "/items/d", {f"n{number}": number for number in range(250)})[0] == 200


def test_strange_ids_come_back_equal(api: Api) -> None:
    for item_id in ("é" * 1024, "🙂", " ", "a/b"):
        assert api.call("POST", "/items", {"id": item_id})[0] == 201


def test_a_missing_table_is_503(dynamodb: Any) -> None:
    from lambda_kit.problem import Problem
    from table_api.item_store import ItemStore

    with pytest.raises(Problem, match="503 table_missing"):
        ItemStore(table_name="no-such-table", client=lambda: dynamodb).read("a")
