"""`ops redrive` at its edge: usage, questions, exit codes and what is printed."""

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ops.__main__ import main
from ops.redrive.display import counts, print_report
from ops.redrive.parts import redrive_of
from ops.redrive.run import Choice
from ops.stack import open_stack
from tests.ops.redrive_rig import RedriveRig

OUTPUTS = {
    "table_name": "lab-table",
    "table_stream_arn": "arn:aws:dynamodb:us-east-1:000000000000:table/lab-table/stream/2026-01-02T03:04:05.000",
    "collection_endpoint": "http://127.0.0.1:1",
    "aws_endpoint_url": "http://127.0.0.1:1",
    "indexes": {"sync_dynamodb_stream": "one", "sync_kinesis_stream": "two", "sync_other": "three"},
    "dead_letter_queues": {"sync_dynamodb_stream": "http://127.0.0.1:1/q", "sync_other": "http://127.0.0.1:1/q"},
    "failure_destinations": {
        "sync_dynamodb_stream": "arn:aws:s3:::failures-1",
        "sync_other": "arn:aws:sqs:us-east-1:000000000000:q",
    },
}


@pytest.fixture(autouse=True)
def _signals() -> Iterator[None]:
    """The command takes the process's signals, and this process is pytest's."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def outputs(tmp_path: Path) -> str:
    file = tmp_path / "outputs.json"
    file.write_text(json.dumps(OUTPUTS))
    return str(file)


def test_without_a_terminal_and_without_yes_nothing_is_done(
    outputs: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["redrive", "sync_dynamodb_stream", "--outputs", outputs]) == 2
    assert "--yes" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["unknown", "scilearn"])
def test_a_consumer_that_is_not_known_is_wrong_usage(outputs: str, name: str) -> None:
    assert main(["redrive", name, "--outputs", outputs, "--yes"]) == 2


@pytest.mark.parametrize("arguments", [["--wait", "3"], ["--drop-poison"], ["--id", "i"]])
def test_what_belongs_to_resend_is_unknown_to_redrive(outputs: str, arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["redrive", "sync_dynamodb_stream", "--outputs", outputs, "--yes", *arguments])
    assert ended.value.code == 2


def test_a_consumer_without_any_place_is_a_problem(outputs: str) -> None:
    assert main(["redrive", "sync_kinesis_stream", "--outputs", outputs, "--yes"]) == 1


@pytest.mark.parametrize("limit", ["0", "-1", "many"])
def test_a_limit_is_a_number_from_1_on(outputs: str, limit: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["redrive", "sync_dynamodb_stream", "--outputs", outputs, "--limit", limit])
    assert ended.value.code == 2


def test_a_consumer_of_any_name_can_be_redriven(outputs: str) -> None:
    stack = open_stack(None, outputs)
    redrive = redrive_of(stack, stack.consumer("sync_other"), Choice())
    assert redrive.queue is not None
    assert redrive.objects is None, "its failure destination is the queue"


def test_an_s3_failure_destination_is_looked_into(outputs: str) -> None:
    stack = open_stack(None, outputs)
    redrive = redrive_of(stack, stack.consumer("sync_dynamodb_stream"), Choice())
    assert redrive.objects is not None
    assert redrive.objects.bucket == "failures-1"
    assert redrive.queue is not None


def output_of(rig: RedriveRig, capsys: pytest.CaptureFixture[str], **choice: Any) -> str:
    print_report(rig.run(**choice), rerun="python -m ops verify sync --repair")
    return capsys.readouterr().out


def test_the_report_says_what_fails_why_and_what_to_run_instead(capsys: pytest.CaptureFixture[str]) -> None:
    rig = RedriveRig()
    numbers = [rig.change(key) for key in "abc"]
    rig.fail(numbers[0], numbers[1])
    rig.stream.trimmed = 1
    rig.park(rig.change("d", poison={"S": "secret"}))
    rig.sqs.send("foreign")
    text = output_of(rig, capsys)
    assert "expired   failure_message  RetryAttemptsExhausted" in text
    assert "still fails: mapper_parsing_exception" in text
    assert "python -m ops verify sync --repair" in text
    assert "1 are neither" in text
    assert "secret" not in text
    text = output_of(rig, capsys, dry_run=True)
    assert "listed    parked_record    mapper_parsing_exception" in text
    assert "python -m ops verify sync --repair" in text
    text = output_of(rig, capsys, reasons=frozenset({"none"}))
    assert "Nothing waits" not in text
    assert "2 of other reasons" in text


def test_progress_counts_letters_and_records() -> None:
    assert counts(RedriveRig().run()) == "0 messages and objects; records: 0 written, 0 superseded, 0 still failing"
