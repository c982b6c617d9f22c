"""`ops resend` at its edge: usage, a destination that keeps nothing, and runs on real queues."""

import json
import os
import signal
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from local.services.ministack import MiniStack
from ops.__main__ import main
from ops.resend.parts import resend_of
from ops.resend.run import ResendChoice
from ops.stack import Stack
from scilearn.errors import AnalysisFailedError, PermanentError
from scilearn.service import AnalysisService, Finished
from scilearn.status_table import StatusTable
from tests.images.scilearn_fakes import raw_event
from tests.ops.resend_rig import failure_record, request_id

OUTPUTS: dict[str, Any] = {
    "table_name": "lab-table",
    "table_stream_arn": "arn:aws:dynamodb:us-east-1:000000000000:table/lab-table/stream/2026-01-02T03:04:05.000",
    "collection_endpoint": "http://127.0.0.1:1",
    "aws_endpoint_url": "http://127.0.0.1:1",
    "indexes": {"sync_dynamodb_stream": "one"},
    "analysis_queue_url": "http://127.0.0.1:1/000000000000/scilearn-requests",
    "analysis_dead_letter_queue_url": "http://127.0.0.1:1/000000000000/scilearn-not-handed-over",
    "analysis_failure_destination": "arn:aws:sqs:us-east-1:000000000000:scilearn-failures",
    "analysis_table": "scilearn-status",
}


@pytest.fixture(autouse=True)
def _signals() -> Iterator[None]:
    """The command takes the process's signals, and this process is pytest's."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def _file(directory: Path, **changed: Any) -> str:
    file = directory / "outputs.json"
    file.write_text(json.dumps({key: value for key, value in {**OUTPUTS, **changed}.items() if value is not None}))
    return str(file)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "--yes"),
        (["--yes", "--set", "a=1"], "name it with --id"),
        (["--yes", "--id", "i", "--set", "nonsense"], "PATH=VALUE"),
        (["--yes", "--id", "i", "--mend", "missing.json"], "missing.json"),
    ],
)
def test_wrong_usage_says_what_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert main(["resend", *arguments, "--outputs", _file(tmp_path)]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["scilearn"], ["--drop-expired"]])
def test_what_belongs_to_redrive_is_unknown_to_resend(tmp_path: Path, arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["resend", "--yes", *arguments, "--outputs", _file(tmp_path)])
    assert ended.value.code == 2


def test_a_mended_request_that_is_no_object_is_wrong_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mended.json").write_text("[1]")

    mend = ["--id", "i", "--mend", str(tmp_path / "mended.json")]
    assert main(["resend", "--yes", *mend, "--outputs", _file(tmp_path)]) == 2
    assert "takes the whole request" in capsys.readouterr().err


@pytest.mark.parametrize(
    "destination",
    [
        "arn:aws:sns:us-east-1:000000000000:failures",
        "arn:aws:events:us-east-1:000000000000:event-bus/default",
        "arn:aws:lambda:us-east-1:000000000000:function:other",
    ],
)
def test_a_destination_that_keeps_nothing_is_a_clear_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], destination: str
) -> None:
    file = _file(tmp_path, analysis_failure_destination=destination)

    assert main(["resend", "--yes", "--outputs", file]) == 1
    said = capsys.readouterr().err
    assert destination in said
    assert "analyses.on_failure" in said


def test_a_stack_without_analyses_is_wrong_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["resend", "--yes", "--outputs", _file(tmp_path, analysis_table=None)]) == 2
    assert "analysis_table" in capsys.readouterr().err


class _Service:
    """The real queues, table and rules; a consumer thread in the place of pipe and function."""

    def __init__(self, endpoint_url: str) -> None:
        self.outputs = {**OUTPUTS, "aws_endpoint_url": endpoint_url}
        client = {"region_name": "us-east-1", "aws_access_key_id": "test", "aws_secret_access_key": "test"}
        self.sqs: Any = boto3.client("sqs", endpoint_url=endpoint_url, **client)
        self.dynamodb: Any = boto3.client("dynamodb", endpoint_url=endpoint_url, **client)
        names = ("scilearn-requests", "scilearn-failures", "scilearn-not-handed-over")
        self.requests, self.failures, self.letters = (
            self.sqs.create_queue(QueueName=name)["QueueUrl"] for name in names
        )
        self.outputs |= {"analysis_queue_url": self.requests, "analysis_dead_letter_queue_url": self.letters}
        self.dynamodb.create_table(
            TableName="scilearn-status",
            KeySchema=[{"AttributeName": "request_id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "request_id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        self.runs: Counter[str] = Counter()
        self.is_broken = True
        self.stop = threading.Event()
        self.service = AnalysisService(
            table=StatusTable(table_name="scilearn-status", client=lambda: self.dynamodb),
            analyse=self._analyse,
            kept_seconds=86_400,
            maximum_tries=1,
            new_token=lambda: os.urandom(8).hex(),
        )

    def consume(self) -> None:
        """Invokes the service for every message until `stop` is set."""
        while not self.stop.is_set():
            answer = self.sqs.receive_message(QueueUrl=self.requests, MaxNumberOfMessages=10, WaitTimeSeconds=1)
            for message in answer.get("Messages", []):
                self.invoke(message["Body"])
                self.sqs.delete_message(QueueUrl=self.requests, ReceiptHandle=message["ReceiptHandle"])

    def invoke(self, body: str) -> None:
        """Plays one invocation; a failure goes to the queue."""
        invocation = os.urandom(8).hex()
        try:
            self.service.handle(raw_event(body), invocation_id=invocation, seconds_left=60.0)
        except AnalysisFailedError as error:
            answer = {"errorMessage": str(error), "errorType": "AnalysisFailedError"}
            record = failure_record(body, invocation=invocation, answer=answer, condition="RetriesExhausted")
            self.sqs.send_message(QueueUrl=self.failures, MessageBody=record)

    def count(self, url: str) -> int:
        """Counts the messages of a queue, those in flight too."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return sum(int(found[name]) for name in names)

    def _analyse(self, name: str, request: Any, _seconds_left: float) -> Finished:
        self.runs[name] += 1
        if self.is_broken or not request["ok"]:
            raise PermanentError("bad_columns", "There is no such column.")
        return Finished(analysis="describe", result={"bucket": "b", "keys": []}, rows={})


@pytest.fixture
def service(tmp_path: Path) -> Iterator[_Service]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    stack = MiniStack(port=port, directory=tmp_path, log_file=tmp_path / "ministack.log")
    stack.launch()
    try:
        stack.wait()
        made = _Service(stack.endpoint_url)
        consumer = threading.Thread(target=made.consume)
        consumer.start()
        try:
            yield made
        finally:
            made.stop.set()
            consumer.join()
    finally:
        stack.stop()


@pytest.mark.local
def test_two_operators_at_once_on_real_queues_make_one_analysis_each(service: _Service) -> None:
    ids = [request_id(number) for number in range(30)]
    for name in ids:
        service.invoke(json.dumps({"request_id": name, "accepted_at": 1767323045000, "request": {"ok": True}}))
    assert service.count(service.failures) == 30
    service.is_broken = False
    service.runs.clear()
    reports: list[dict[str, Any]] = []

    def operate() -> None:
        choice = ResendChoice(wait_seconds=30)
        reports.append(resend_of(Stack(name="test", outputs=service.outputs), choice)().as_json())

    operators = [threading.Thread(target=operate) for _ in range(2)]
    for operator in operators:
        operator.start()
    for operator in operators:
        operator.join()

    assert len(reports) == 2
    assert service.runs == dict.fromkeys(ids, 1)
    assert service.count(service.failures) == 0
    ends = [request["end"] for report in reports for request in report["requests"]]
    assert Counter(ends) == {"succeeded": 30}


@pytest.mark.local
def test_command_lists_then_sends_the_mended_one_and_says_what_became_of_it(
    service: _Service, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    service.is_broken = False
    service.invoke(json.dumps({"request_id": request_id(1), "accepted_at": 1767323045000, "request": {"ok": False}}))
    file = _file(tmp_path, **service.outputs)

    assert main(["resend", "--dry-run", "--json", "--outputs", file]) == 0
    listed = json.loads(_json(capsys))
    assert [(request["reason"], request["end"]) for request in listed["requests"]] == [("bad_columns", "listed")]
    assert main(["resend", "--yes", "--id", request_id(1), "--set", "ok=true", "--outputs", file]) == 0
    assert "succeeded     bad_columns" in capsys.readouterr().out
    assert main(["resend", "--yes", "--outputs", file]) == 0
    assert "No failed analyses wait." in capsys.readouterr().out


def _json(capsys: pytest.CaptureFixture[str]) -> str:
    """Reads what the command printed; the service's log lines of this process come before it."""
    printed = capsys.readouterr().out
    return printed[printed.index("{\n") :]
