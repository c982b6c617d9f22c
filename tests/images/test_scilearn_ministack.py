"""The service against a real emulator of DynamoDB and S3: what the fakes promise, races by threads, links that open."""

import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from scilearn.errors import AnalysisFailedError
from scilearn.service import Finished
from tests.images.scilearn_fakes import REQUEST_ID, Service, pipe_event, rows_request

pytestmark = pytest.mark.local
START_SECONDS = 30
ROWS = [{"delay": row % 9, "carrier": "AB"[row % 2]} for row in range(40)]


@pytest.fixture(scope="module")
def clients() -> Iterator[dict[str, Any]]:
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
        made = {
            service: boto3.client(
                service,
                endpoint_url=f"http://127.0.0.1:{port}",
                region_name="us-east-1",
                aws_access_key_id="test",
                aws_secret_access_key="test",
                config=Config(signature_version="s3v4") if service == "s3" else None,
            )
            for service in ("dynamodb", "s3")
        }
        made["dynamodb"].create_table(
            TableName="scilearn-status",
            KeySchema=[{"AttributeName": "request_id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "request_id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        made["s3"].create_bucket(Bucket="results")
        made["s3"].create_bucket(Bucket="data")
        yield made
        for client in made.values():
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
def service(clients: dict[str, Any]) -> Service:
    return Service(dynamodb=clients["dynamodb"], s3=clients["s3"])


def fresh_id() -> str:
    return f"{REQUEST_ID[:13]}-{uuid.uuid4()}"


def test_an_object_goes_through_the_whole_service_and_its_link_opens(service: Service, clients: dict[str, Any]) -> None:
    clients["s3"].put_object(Bucket="data", Key="in/f.csv", Body=b"a,b\n" + b"1,x\n2,y\n" * 20)
    request_id = fresh_id()
    source = {"type": "s3", "bucket": "data", "key": "in/f.csv", "format": "csv"}
    request = {"analysis": "describe", "input": source}
    answer = service.handle(pipe_event(request, request_id=request_id))
    assert answer["state"] == "succeeded"
    record = service.status_table.read(request_id)
    assert record is not None
    assert record.state == "succeeded"
    link = clients["s3"].generate_presigned_url(
        "get_object", Params={"Bucket": answer["bucket"], "Key": answer["keys"][-1]}, ExpiresIn=60
    )
    with urllib.request.urlopen(link, timeout=5) as answer:  # noqa: S310 - our own loopback address
        assert answer.read(4) == b"\x89PNG"


def test_a_missing_object_and_a_missing_bucket_are_failures_with_a_reason(service: Service) -> None:
    request_id = fresh_id()
    source = {"type": "s3", "bucket": "data", "key": "in/none", "format": "csv"}
    with pytest.raises(AnalysisFailedError, match="input_missing"):
        service.handle(pipe_event({"analysis": "describe", "input": source}, request_id=request_id))
    with pytest.raises(AnalysisFailedError, match="input_missing"):
        service.handle(pipe_event({"analysis": "describe", "input": source}, request_id=request_id))


def test_of_many_deliveries_at_the_same_moment_one_runs(clients: dict[str, Any]) -> None:
    runs: list[str] = []
    answer: list[dict[str, Any]] = []
    service = Service(dynamodb=clients["dynamodb"], s3=clients["s3"])

    def analyse(request_id: str, *_: Any) -> Finished:
        runs.append(request_id)
        time.sleep(0.05)
        return Finished(analysis="describe", result={"bucket": "b", "keys": []}, rows={})

    object.__setattr__(service.service, "analyse", analyse)
    ids = [fresh_id() for _ in range(10)]

    def deliver(worker: int) -> None:
        for request_id in ids:
            event = pipe_event(rows_request(ROWS), request_id=request_id)
            answer.append(service.handle(event, f"invocation-{worker}"))

    workers = [threading.Thread(target=deliver, args=(worker,)) for worker in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(runs) == sorted(ids), "each ran exactly once"
    assert len(answer) == 60
    assert sum(not one["duplicate"] for one in answer) == 10
