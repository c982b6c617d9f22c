"""`ops backfill` at its edges: what it refuses to begin, what it says, and how it ends."""

import argparse
import io
import json
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ops.backfill.state import BackfillState, load_state
from ops.commands import backfill
from ops.errors import OpsError, UsageError
from ops.stack import Stack
from tests.fakes import client_error
from tests.service_models.fake_client import speaks

TABLE_ID = "00000000-0000-0000-0000-000000000001"
CONSUMER = "sync_kinesis_stream"
MAPPING = "8f0d7c5e-0000-4000-8000-000000000001"
KINESIS = "arn:aws:kinesis:eu-west-1:123456789012:stream/s"
OUTPUTS = {
    "table_name": "lab-table",
    "table_stream_arn": "arn:aws:dynamodb:eu-west-1:123456789012:table/lab-table/stream/1",
    "collection_endpoint": "https://c.eu-west-1.aoss.amazonaws.com",
    "indexes": {CONSUMER: "lab-table-kinesis-stream"},
    "event_source_mappings": {CONSUMER: MAPPING},
    "functions": {"replicate": "replicate"},
}


@speaks("dynamodb", "lambda")
@dataclass(kw_only=True)
class FakeAws:
    """Every service of a stack that is as it should be, but for what a test changes."""

    mapping_state: str = "Enabled"
    destination: dict[str, str] = field(default_factory=lambda: {"StreamArn": KINESIS, "DestinationStatus": "ACTIVE"})
    answers: list[dict[str, Any]] = field(default_factory=list)
    function_error: str | None = None
    refusals: list[Exception] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    table_id: str = TABLE_ID
    index_settings: dict[str, str] = field(default_factory=lambda: {"index.uuid": "index-1"})

    def get_event_source_mapping(self, *, UUID: str) -> dict[str, Any]:
        assert UUID == MAPPING
        return {"State": self.mapping_state, "EventSourceArn": KINESIS}

    def describe_kinesis_streaming_destination(self, *, TableName: str) -> dict[str, Any]:
        return {"TableName": TableName, "KinesisDataStreamDestinations": [self.destination]}

    def describe_table(self, *, TableName: str) -> dict[str, Any]:
        return {"Table": {"TableName": TableName, "ItemCount": 1_234, "TableId": self.table_id}}

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:
        assert FunctionName == "replicate"
        self.events.append(json.loads(Payload))
        if self.refusals:
            raise self.refusals.pop(0)
        if self.function_error is not None:
            payload = {"errorType": self.function_error, "errorMessage": "said by a test"}
            return {"FunctionError": "Unhandled", "Payload": io.BytesIO(json.dumps(payload).encode())}
        return {"Payload": io.BytesIO(json.dumps(self.answers.pop(0) if self.answers else answer()).encode())}


@dataclass(frozen=True, kw_only=True)
class FakeStack(Stack):
    """A stack whose services are fakes."""

    aws: FakeAws

    def client(self, service: str, *, config: Any = None) -> Any:
        return self.aws

    def search(self) -> Any:
        settings = {"lab-table-kinesis-stream": {"settings": self.aws.index_settings}}
        return SimpleNamespace(indices=SimpleNamespace(get_settings=lambda **_: settings))


def answer(**changes: Any) -> dict[str, Any]:
    counts = {"items": 10, "written": 7, "superseded": 3, "parked": 0, "retryable": 0, "read_units": 2.5, "pages": 1}
    return {"done": True, "next_key": None, "reasons": [], **counts, **changes}


def fill(tmp_path: Path, *arguments: str, outputs: dict[str, Any] | None = None, **aws: Any) -> tuple[int, FakeAws]:
    parser = argparse.ArgumentParser()
    backfill.add_arguments(parser)
    options = parser.parse_args([CONSUMER, "--state", str(tmp_path / "state.json"), "--segments", "2", *arguments])
    fake = FakeAws(**aws)
    return backfill.fill(FakeStack(name="dev", outputs={**OUTPUTS, **(outputs or {})}, aws=fake), options), fake


def test_it_ends_with_zero_and_the_counts_when_every_item_is_settled(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, aws = fill(tmp_path, "--yes", "--json", "--read-capacity", "50", "--page-limit", "3")
    assert code == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["done"], result["items"], result["written"], result["superseded"]) == (True, 20, 14, 6)
    assert {event["read_units_per_second"] for event in aws.events} == {25.0}
    assert {event["page_limit"] for event in aws.events} == {3}


def test_parked_items_are_a_problem_and_the_answer_names_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _ = fill(tmp_path, "--yes", answers=[answer(parked=1)])
    assert code == 1
    assert f"ops redrive {CONSUMER}" in capsys.readouterr().out


def test_a_refused_invocation_is_tried_again_unless_that_is_hopeless(tmp_path: Path) -> None:
    throttled = client_error("TooManyRequestsException", "Invoke")
    code, aws = fill(tmp_path, "--yes", "--parallel", "1", refusals=[throttled])
    assert (code, len(aws.events)) == (0, 3)
    with pytest.raises(OpsError, match="AccessDeniedException"):
        fill(tmp_path, "--yes", refusals=[client_error("AccessDeniedException", "Invoke")])


@pytest.mark.parametrize("state", ["Disabled", "Disabling", "Creating"])
def test_a_mapping_that_is_not_on_is_refused(tmp_path: Path, state: str) -> None:
    with pytest.raises(OpsError, match=f"{state}.*must be on"):
        fill(tmp_path, "--yes", mapping_state=state)


@pytest.mark.parametrize(
    "destination",
    [{"StreamArn": KINESIS, "DestinationStatus": "DISABLED"}, {"StreamArn": "other", "DestinationStatus": "ACTIVE"}],
)
def test_a_table_that_sends_nothing_to_the_stream_is_refused(tmp_path: Path, destination: dict[str, str]) -> None:
    with pytest.raises(OpsError, match="must be on"):
        fill(tmp_path, "--yes", destination=destination)


def test_a_consumer_without_a_mapping_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OpsError, match="must be on"):
        fill(tmp_path, "--yes", outputs={"event_source_mappings": {}})


def test_a_stack_of_an_earlier_version_is_told_to_be_deployed(tmp_path: Path) -> None:
    with pytest.raises(OpsError, match="deploy"):
        fill(tmp_path, "--yes", outputs={"functions": {}})


def test_a_dry_run_invokes_nothing_and_keeps_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, aws = fill(tmp_path, "--dry-run")
    assert (code, aws.events, list(tmp_path.iterdir())) == (0, [], [])
    output = capsys.readouterr().out
    assert "Would fill. Table lab-table (about 1,234 items)" in output
    assert "settled in" not in output


def test_a_dry_run_of_a_resumed_backfill_tells_what_is_left(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    unfinished(tmp_path)
    code, aws = fill(tmp_path, "--dry-run", "--resume", "--json", "--read-capacity", "50")
    plan = json.loads(capsys.readouterr().out)
    assert (code, aws.events) == (0, [])
    assert (plan["dry_run"], plan["segments"], plan["segments_left"]) == (True, 2, [1])
    assert (plan["items_about"], plan["items_settled_before"]) == (1_234, 10)
    assert plan["read_capacity"] == 50.0


def test_nobody_to_ask_is_wrong_usage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    with pytest.raises(UsageError, match="--yes"):
        fill(tmp_path)


def unfinished(tmp_path: Path, **changes: Any) -> None:
    names = {"table": "lab-table", "index": "lab-table-kinesis-stream", "consumer": CONSUMER}
    known = {**names, "table_id": TABLE_ID, "index_uuid": "index-1", **changes}
    state = BackfillState.new(total_segments=2, **known)
    state.take(state.segments[0], answer())
    state.save(tmp_path / "state.json")


def test_an_unfinished_backfill_is_not_begun_again_by_mistake(tmp_path: Path) -> None:
    unfinished(tmp_path)
    with pytest.raises(UsageError, match="--resume"):
        fill(tmp_path, "--yes")


def test_resume_asks_only_for_what_is_left(tmp_path: Path) -> None:
    unfinished(tmp_path)
    code, aws = fill(tmp_path, "--yes", "--resume")
    assert (code, [event["segment"] for event in aws.events]) == (0, [1])


def test_a_finished_backfill_says_so_and_claims_nothing_of_now(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(tmp_path, "--yes")
    capsys.readouterr()
    code, aws = fill(tmp_path, "--yes", "--resume")
    printed = capsys.readouterr()
    assert (code, aws.events, printed.out) == (0, [], "")
    assert "finished before" in printed.err
    assert f"ops verify {CONSUMER}" in printed.err
    fill(tmp_path, "--yes", "--resume", "--json")
    assert json.loads(capsys.readouterr().out)["finished_before"] is True


@pytest.mark.parametrize(
    ("made_anew", "what"),
    [
        ({"table_id": TABLE_ID.replace("1", "2")}, "table lab-table"),
        ({"index_settings": {"index.uuid": "index-2"}}, "index lab-table-"),
    ],
)
@pytest.mark.parametrize("finished", [False, True])
def test_what_was_kept_of_an_earlier_table_or_index_is_not_gone_on_with(
    tmp_path: Path, made_anew: dict[str, Any], what: str, finished: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    unfinished(tmp_path)
    if finished:
        fill(tmp_path, "--yes", "--resume")
    with pytest.raises(UsageError, match=f"{what}.*made anew"):
        fill(tmp_path, "--yes", "--resume", **made_anew)
    capsys.readouterr()
    code, aws = fill(tmp_path, "--yes", **made_anew)
    assert (code, len(aws.events)) == (0, 2)
    assert f"of an earlier {what}" in capsys.readouterr().err


def test_where_nothing_tells_an_index_from_another_the_names_are_gone_by(tmp_path: Path) -> None:
    unfinished(tmp_path, index_uuid=None)
    code, aws = fill(tmp_path, "--yes", "--resume", index_settings={})
    assert (code, len(aws.events)) == (0, 1)


@pytest.mark.parametrize("changes", [{"table": "other"}, {"index": "other"}, {"consumer": "other"}])
def test_a_state_of_another_backfill_is_refused(tmp_path: Path, changes: dict[str, str]) -> None:
    unfinished(tmp_path, **changes)
    with pytest.raises(UsageError, match="--state"):
        fill(tmp_path, "--yes", "--resume")


def test_a_resumed_backfill_keeps_its_segments(tmp_path: Path) -> None:
    unfinished(tmp_path)
    with pytest.raises(UsageError, match="segments"):
        fill(tmp_path, "--yes", "--resume", "--segments", "3")


@pytest.mark.parametrize("kind", ["SuspectedEnvironmentError", "changefeed.errors.SettingsError"])
def test_an_error_that_would_come_again_stops_it_and_says_how_to_go_on(tmp_path: Path, kind: str) -> None:
    with pytest.raises(OpsError, match=f"{kind}: said by a test(.|\\n)*--resume"):
        fill(tmp_path, "--yes", function_error=kind)
    state = load_state(tmp_path / "state.json")
    assert state is not None
    assert not state.done
