"""Deletes are said twice: what is queued, what is sent again, and what happens when either fails."""

import json
from collections import deque
from collections.abc import Sequence
from typing import Any

import pytest

from changefeed.errors import BulkRequestError
from changefeed.second_delete.again import LARGEST_MESSAGE_BYTES, DeleteAgain
from changefeed.second_delete.document_versions import DocumentVersions
from changefeed.second_delete.environment import SecondDeleteEnvironment
from changefeed.second_delete.function import SecondDelete, Target
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
        targets={INDEX: Target(find_versions=index.versions, send=index)},
        read_items=ItemReader(table_name=TABLE, client=lambda: table),
        clock=lambda: NOW + 900,
    )
    answer = second(event(*messages), FakeContext(clock=index.clock, seconds=seconds))
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def message(*ids: Any, index: str = INDEX) -> dict[str, Any]:
    return {"kind": "second_delete", "index": index, "deletes": [[one, {"id": {"S": one}}] for one in ids]}


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
    assert rig.deletes.messages == [message("a", "c")]


def test_a_batch_without_deletes_queues_nothing() -> None:
    rig = Rig()
    rig.invoke([stream_record(item("a"))])
    assert rig.deletes.calls == []


def test_an_item_that_is_gone_when_it_is_read_again_is_deleted_twice_as_well() -> None:
    rig = Rig(clock=FakeClock(now=NOW + 90))
    rig.invoke([stream_record(item("a"))])
    assert rig.deletes.messages == [message("a")]


def test_a_delete_whose_answer_was_lost_is_queued_although_it_is_superseded_by_itself() -> None:
    rig = Rig(feed="kinesis_stream")
    rig.index.faults = deque([Fault(unanswered=True)])
    rig.invoke([kinesis_record(item("a"), operation="REMOVE")])
    assert rig.deletes.messages == [message("a")]


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
    assert rig.deletes.messages == [message("b")]


def test_a_delete_that_failed_is_not_queued() -> None:
    rig = Rig()
    rig.index.faults = deque([Fault(status=503)] * 100)
    assert rig.invoke([stream_record(item("a"), operation="REMOVE")]) == ["100"]
    assert rig.deletes.calls == []


def test_many_deletes_go_in_several_messages_that_sqs_takes() -> None:
    queue = FakeQueue()
    deletes = [("\0" * 500, {"id": {"S": "\0" * 500 + str(number)}}) for number in range(1_000)]
    DeleteAgain(queue_url="q", index=INDEX, client=lambda: queue)(deletes)
    assert len(queue.messages) > 1
    assert all(len(call["MessageBody"]) <= LARGEST_MESSAGE_BYTES for call in queue.calls)
    assert [tuple(delete) for sent in queue.messages for delete in sent["deletes"]] == deletes


def test_what_came_back_is_deleted_and_what_lives_or_is_young_is_not() -> None:
    index = ModelIndex()
    young = VERSION + 890_000_000
    hostile = 'hostile\n"id'
    index.documents = dict.fromkeys(("back", "kept", hostile), (VERSION, {})) | {"young": (young, {})}
    assert failed(index, message("back", "kept", "young", hostile, "gone")) == []
    assert list(index.documents) == ["kept", "young"]
    assert index.guards["back"][0] == VERSION + 1


def test_where_nothing_is_back_nothing_is_read_and_nothing_sent() -> None:
    index = ModelIndex()
    assert failed(index, message("a", "b")) == []
    assert index.requests == []


def back(*ids: str, faults: Sequence[Fault | None] = ()) -> ModelIndex:
    return ModelIndex(documents={one: (VERSION, {}) for one in ids}, faults=deque(faults))


def test_what_the_index_does_not_answer_for_comes_again() -> None:
    busy = Fault(status=429, ids=frozenset({"b"}))
    index = back("x", "a", "y", "b", faults=[Fault(status=503), None, Fault(lost=True), busy])
    sent = [message(one) for one in ("x", "a", "y", "b")]
    assert failed(index, *sent) == ["m0", "m2", "m3"]
    assert failed(index, *sent) == []
    assert index.documents == {}


def test_an_index_that_can_not_be_looked_at_is_asked_again() -> None:
    def refuse(_ids: Sequence[str], _seconds: float) -> dict[str, int]:
        raise BulkRequestError("no answer")

    index = back("a")
    second = SecondDelete(targets={INDEX: Target(find_versions=refuse, send=index)}, read_items=lambda *_: {})
    assert second(event(message("a")), FakeContext(clock=index.clock))["batchItemFailures"] == [
        {"itemIdentifier": "m0"}
    ]
    assert list(index.documents) == ["a"]


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (200, b'{"docs":[]}'), (200, b'{"docs":[{"_id":"a","error":{"type":"x"}}]}'), (200, b'{"docs":'), (200, b"[]"),
        (200, b'{"docs":[{"_id":"a","found":true}]}'), (200, b'{"docs":[{"found":false},{"found":false}]}'), (503, b""),
        (404, b'{"error":{"type":"index_not_found_exception"}}'),
    ],
)  # fmt: skip
def test_a_document_that_is_not_answered_for_is_not_taken_for_gone(status: int, answer: bytes) -> None:
    with pytest.raises(BulkRequestError):
        DocumentVersions(send=lambda _body, _seconds: (status, answer))(["a"], 1.0)


def test_the_versions_are_those_of_the_documents_that_are_there() -> None:
    answer = b'{"docs":[{"_id":"a","_version":17,"found":true},{"_id":"b","found":false}]}'
    assert DocumentVersions(send=lambda _body, _seconds: (200, answer))(["a", "b"], 1.0) == {"a": 17}


def test_what_there_is_no_time_for_comes_again_unsent() -> None:
    index = back(*"abcdef", faults=[Fault(late=True, until_timeout=True)] * 5)
    assert failed(index, *map(message, "abcdef")) == ["m0", "m1", "m2", "m3", "m4", "m5"]
    assert len(index.requests) == 3
    assert index.timeouts == pytest.approx([20.0, 20.0, 18.0], abs=0.1)


@pytest.mark.parametrize(
    "strange",
    [
        "no json", "{}", [], message(), {**message("a"), "kind": "x"}, {**message("a"), "deletes": [["a"]]},
        {**message("a"), "deletes": [["a", "b"]]}, {**message("a"), "deletes": [[5, {}]]},
        message("a", index="another"),
    ],
)  # fmt: skip
def test_what_no_consumer_wrote_is_put_aside_by_the_queue_and_deletes_nothing(strange: Any) -> None:
    index = back("a")
    assert failed(index, strange, message("a")) == ["m0"]
    assert len(index.requests) == 1


def test_nothing_of_an_id_reaches_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    failed(back("secret", faults=[Fault(status=503)]), message("secret"), message("secret"), "secret")
    assert "secret" not in capsys.readouterr().out


def test_the_settings_tell_what_is_wrong() -> None:
    endpoint = "https://a.eu-west-1.aoss.amazonaws.com"
    good = {"OPENSEARCH_ENDPOINT": endpoint, "AWS_REGION": "eu-west-1", "TABLE_NAME": "t"}
    assert SecondDeleteEnvironment.from_env(good | {"INDEXES": '["a", "b"]'}).indexes == ("a", "b")
    for wrong in ("{", "{}", "[5]"):
        with pytest.raises(SettingsError, match="INDEXES is not a JSON list"):
            SecondDeleteEnvironment.from_env(good | {"INDEXES": wrong})
