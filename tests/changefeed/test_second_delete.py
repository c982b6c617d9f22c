"""Deletes are said twice: what is queued, what is sent again, and what happens when either fails."""

import json
from collections import deque
from collections.abc import Sequence
from typing import Any

import pytest

from changefeed.second_delete.again import LARGEST_MESSAGE_BYTES, DeleteAgain
from changefeed.second_delete.environment import SecondDeleteEnvironment
from changefeed.second_delete.function import SecondDelete
from changefeed.write.item_reader import ItemReader
from lambda_kit.errors import SettingsError
from tests.changefeed.consumer_rig import INDEX, Rig
from tests.changefeed.records import TABLE, item, kinesis_record, stream_record
from tests.fakes import NOW, FakeClock, FakeContext, FakeQueue, FakeTable, Fault, ModelIndex, client_error

VERSION = int(NOW * 1_000_000)


def event(*messages: Any) -> dict[str, Any]:
    bodies = [message if isinstance(message, str) else json.dumps(message) for message in messages]
    return {"Records": [{"messageId": f"m{place}", "body": body} for place, body in enumerate(bodies)]}


def failed(index: ModelIndex, *messages: Any, seconds: float = 60.0) -> list[str]:
    table = FakeTable()
    table.put(item("kept"))
    second = SecondDelete(
        send={INDEX: index},
        read_items=ItemReader(table_name=TABLE, client=lambda: table),
        clock=lambda: NOW + 900,
    )
    answer = second(event(*messages), FakeContext(clock=index.clock, seconds=seconds))
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def message(*deletes: Sequence[Any], index: str = INDEX) -> dict[str, Any]:
    with_keys = [[*delete, {"id": {"S": delete[0]}}] for delete in deletes]
    return {"kind": "second_delete", "index": index, "deletes": with_keys}


@pytest.mark.parametrize("feed", ["dynamodb_stream", "kinesis_stream"])
def test_a_batchs_deletes_are_queued_under_the_versions_they_were_sent_with(feed: str) -> None:
    rig = Rig(feed=feed)
    records: list[dict[str, Any]] = [
        stream_record(item("a"), number=1, operation="REMOVE"),
        stream_record(item("b"), number=2),
        stream_record(item("c"), number=3, operation="REMOVE"),
    ]
    if feed == "kinesis_stream":
        records = [
            kinesis_record(item("a"), number=1, operation="REMOVE"),
            kinesis_record(item("b"), number=2),
            kinesis_record(item("c"), number=3, operation="REMOVE"),
        ]
    assert rig.invoke(records) == []
    assert rig.deletes.messages == [message(["a", VERSION], ["c", VERSION])]


def test_a_batch_without_deletes_queues_nothing() -> None:
    rig = Rig()
    rig.invoke([stream_record(item("a"))])
    assert rig.deletes.calls == []


def test_an_item_that_is_gone_when_it_is_read_again_is_deleted_twice_as_well() -> None:
    rig = Rig(clock=FakeClock(now=NOW + 90))
    rig.invoke([stream_record(item("a"))])
    assert rig.deletes.messages == [message(["a", VERSION + 80_000_000])]


def test_a_delete_whose_answer_was_lost_is_queued_although_it_is_superseded_by_itself() -> None:
    rig = Rig(feed="kinesis_stream")
    rig.index.faults = deque([Fault(unanswered=True)])
    rig.invoke([kinesis_record(item("a"), operation="REMOVE")])
    assert rig.deletes.messages == [message(["a", VERSION])]


def test_deletes_that_can_not_be_queued_are_reported_and_nothing_behind_them_is_parked() -> None:
    rig = Rig(deletes=FakeQueue(failures=deque([client_error("x", "SendMessage")])))
    records = [
        stream_record(item("a"), number=1),
        stream_record(item("b"), number=2, operation="REMOVE"),
        {"dynamodb": {"SequenceNumber": "3"}},
    ]
    assert rig.invoke(records) == ["2"]
    assert rig.queue.messages == []
    assert rig.invoke(records[1:]) == []
    assert rig.deletes.messages == [message(["b", VERSION + 1])]  # a tie of its second, with itself


def test_a_delete_that_failed_is_not_queued() -> None:
    rig = Rig()
    rig.index.faults = deque([Fault(status=503)] * 100)
    assert rig.invoke([stream_record(item("a"), operation="REMOVE")]) == ["100"]
    assert rig.deletes.calls == []


def test_many_deletes_go_in_several_messages_that_sqs_takes() -> None:
    queue = FakeQueue()
    deletes = [("\0" * 500, VERSION + number, {"id": {"S": "\0" * 500}}) for number in range(1_000)]
    DeleteAgain(queue_url="q", index=INDEX, client=lambda: queue)(deletes)
    assert len(queue.messages) > 1
    assert all(len(call["MessageBody"]) <= LARGEST_MESSAGE_BYTES for call in queue.calls)
    assert [tuple(delete) for sent in queue.messages for delete in sent["deletes"]] == deletes


def test_a_second_delete_removes_what_came_back_and_nothing_newer() -> None:
    index = ModelIndex()
    index.documents = {
        "back": (VERSION - 5, {}),
        "newer": (VERSION + 890_000_000, {}),
        'hostile\n"id': (VERSION - 1, {}),
    }
    assert (
        failed(index, message(["back", VERSION], ["newer", VERSION], ['hostile\n"id', VERSION], ["gone", VERSION]))
        == []
    )
    assert list(index.documents) == ["newer"]
    assert index.guards["gone"][0] == VERSION


def test_what_came_back_under_the_deletes_own_version_or_that_of_a_tie_is_looked_at() -> None:
    index = ModelIndex()
    index.documents = {"tie": (VERSION, {}), "kept": (VERSION, {}), "later": (VERSION + 5, {})}
    assert failed(index, message(["tie", VERSION], ["kept", VERSION], ["later", VERSION])) == []
    assert list(index.documents) == ["kept"]
    assert index.guards["later"][0] == VERSION + 6


def test_what_the_index_does_not_answer_for_comes_again() -> None:
    index = ModelIndex(
        faults=deque([Fault(status=503), None, Fault(lost=True), Fault(status=429, ids=frozenset({"b"}))])
    )
    sent = [message([identifier, VERSION]) for identifier in ("x", "a", "y", "b")]
    assert failed(index, *sent) == ["m0", "m2", "m3"]
    assert failed(index, *sent) == []


def test_what_there_is_no_time_for_comes_again_unsent() -> None:
    index = ModelIndex(faults=deque([Fault(late=True, until_timeout=True)] * 5))
    sent = [message([identifier, VERSION]) for identifier in "abcdef"]
    assert failed(index, *sent) == ["m0", "m1", "m2", "m3", "m4", "m5"]
    assert len(index.requests) == 3
    assert index.timeouts == pytest.approx([20.0, 20.0, 18.0], abs=0.1)


@pytest.mark.parametrize(
    "strange",
    [
        "no json", "{}", [], message(["a", "1"]), message(["a"]), message(), message([5, 5]),
        {**message(["a", 1]), "kind": "x"}, message(["a", VERSION], index="another"),
    ],
)  # fmt: skip
def test_what_no_consumer_wrote_is_put_aside_by_the_queue_and_deletes_nothing(strange: Any) -> None:
    index = ModelIndex()
    assert failed(index, strange, message(["a", VERSION])) == ["m0"]
    assert len(index.requests) == 1


def test_nothing_of_an_id_reaches_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    failed(
        ModelIndex(faults=deque([None, Fault(status=503)])), message(["secret", 1]), message(["secret", 1]), "secret"
    )
    assert "secret" not in capsys.readouterr().out


def test_the_settings_tell_what_is_wrong() -> None:
    endpoint = "https://a.eu-west-1.aoss.amazonaws.com"
    good = {"OPENSEARCH_ENDPOINT": endpoint, "AWS_REGION": "eu-west-1", "TABLE_NAME": "t"}
    assert SecondDeleteEnvironment.from_env(good | {"INDEXES": '["a", "b"]'}).indexes == ("a", "b")
    for wrong in ("{", "{}", "[5]"):
        with pytest.raises(SettingsError, match="INDEXES is not a JSON list"):
            SecondDeleteEnvironment.from_env(good | {"INDEXES": wrong})
