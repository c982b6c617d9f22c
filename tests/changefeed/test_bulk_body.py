"""Cutting and encoding bulk requests."""

from changefeed.bulk_body import cut, encode
from changefeed.change_record import ChangeRecord
from changefeed.document_action import plan
from changefeed.dynamodb_record import decode_dynamodb_record
from changefeed.pending_write import PendingWrite
from tests.changefeed.records import item, stream_record


def write(key: str, *, size: int = 0, operation: str = "MODIFY") -> PendingWrite:
    change: ChangeRecord = decode_dynamodb_record(stream_record(item(key, x={"S": "x" * size}), operation=operation))
    (action,), _ = plan([change])
    return PendingWrite.of(action)


def test_writes_are_cut_by_count() -> None:
    writes = [write(str(number)) for number in range(5)]
    assert [len(chunk) for chunk in cut(writes, 1_000_000, 2)] == [2, 2, 1]


def test_writes_are_cut_by_bytes_and_a_large_one_goes_alone() -> None:
    writes = [write("a"), write("b", size=2_000), write("c"), write("d")]
    assert [[w.action.document_id for w in chunk] for chunk in cut(writes, 1_000, 100)] == [["a"], ["b"], ["c", "d"]]


def test_nothing_is_cut_into_nothing() -> None:
    assert list(cut([], 1_000, 100)) == []


def test_a_body_is_no_larger_than_it_was_counted() -> None:
    writes = [write("é" * 200 + str(number), size=100) for number in range(50)]
    for chunk in cut(writes, 5_000, 100):
        assert len(encode(chunk)) <= 5_000


def test_every_line_is_external_with_its_version_and_the_body_ends_with_a_line_feed() -> None:
    body = encode([write("a"), write("b", operation="REMOVE")])
    assert body.decode().split("\n") == [
        '{"index":{"_id":"a","version":1767323045000000,"version_type":"external"}}',
        '{"id":"a","x":""}',
        '{"delete":{"_id":"b","version":1767323045000000,"version_type":"external"}}',
        "",
    ]
