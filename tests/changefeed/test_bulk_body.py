"""Building bulk requests: how they are cut and encoded, and what is left of them."""

from collections.abc import Sequence
from uuid import uuid4

import pytest

from changefeed.decode.dynamodb_record import decode_dynamodb_record
from changefeed.errors import RecordError
from changefeed.plan.fold import plan
from changefeed.write.bulk_body import MOST_WITH_NEW_NAMES, BulkRequests, Chunk, encode
from changefeed.write.document_form import Form
from changefeed.write.pending_write import PendingWrite
from tests.changefeed.consumer_rig import DECODERS
from tests.changefeed.records import item, kinesis_record, stream_record


def write(key: str, *, size: int = 0, operation: str = "MODIFY", number: str = "1") -> PendingWrite:
    image = item(key, x={"S": "x" * size}, n={"N": number})
    (action,), _ = plan([decode_dynamodb_record(stream_record(image, operation=operation))])
    return PendingWrite.of(action)


def requests(writes: Sequence[PendingWrite], *, max_bytes: int = 1_000_000, max_actions: int = 100) -> BulkRequests:
    return BulkRequests(writes, max_bytes=max_bytes, max_actions=max_actions, reject=rejected.append_pair)


class Rejected(list[tuple[str, str]]):
    def append_pair(self, write: PendingWrite, error: RecordError) -> None:
        self.append((write.action.document_id, error.code))


rejected = Rejected()


def taken(all_requests: BulkRequests) -> list[Chunk]:
    chunks = []
    while chunk := all_requests.take():
        chunks.append(chunk)
    return chunks


def ids(writes: Sequence[PendingWrite]) -> list[str]:
    return [write.action.document_id for write in writes]


def test_writes_are_cut_by_count() -> None:
    writes = [write(str(number)) for number in range(5)]
    assert [len(chunk.writes) for chunk in taken(requests(writes, max_actions=2))] == [2, 2, 1]


def test_what_is_added_goes_last() -> None:
    all_requests = requests([write("a"), write("b"), write("c")], max_actions=2)
    all_requests.build()
    all_requests.add([write("d"), write("e")])
    assert [ids(chunk.writes) for chunk in taken(all_requests)] == [["a", "b"], ["c", "d"], ["e"]]
    assert all_requests.are_over()


def test_writes_are_cut_by_bytes_and_a_large_one_goes_alone() -> None:
    writes = [write("a"), write("b", size=2_000), write("c"), write("d")]
    assert [ids(chunk.writes) for chunk in taken(requests(writes, max_bytes=1_000))] == [["a"], ["b"], ["c", "d"]]


def test_nothing_is_cut_into_nothing() -> None:
    assert requests([]).take() is None


def test_no_body_is_larger_than_its_limit() -> None:
    writes = [write("é" * 200 + str(number), size=100) for number in range(50)]
    chunks = taken(requests(writes, max_bytes=5_000))
    assert all(len(b"".join(chunk.lines)) <= 5_000 for chunk in chunks)
    assert sum(len(chunk.writes) for chunk in chunks) == 50


def test_what_was_not_taken_is_left_however_much_is_built() -> None:
    for builds in range(4):
        all_requests = requests([write(key) for key in "abcde"], max_actions=2)
        chunk = all_requests.take()
        assert chunk is not None
        for _ in range(builds):
            all_requests.build()
        assert ids(all_requests.left()) == ["c", "d", "e"]
        all_requests.put_back(chunk.halves())
        assert ids(all_requests.left()) == ["a", "b", "c", "d", "e"]
        assert [ids(chunk.writes) for chunk in taken(all_requests)] == [["a"], ["b"], ["c", "d"], ["e"]]
        assert all_requests.left() == []


def test_an_item_that_can_be_no_document_is_rejected_and_its_neighbours_go() -> None:
    rejected.clear()
    writes = [write("a", number="x"), write("b"), write("c", number="NaN"), write("d", number="")]
    (chunk,) = taken(requests(writes))
    assert ids(chunk.writes) == ["b"]
    assert rejected == [(key, "bad_attribute_value") for key in "acd"]


def test_halves_hold_the_same_lines() -> None:
    (chunk,) = taken(requests([write(key) for key in "abc"]))
    assert [line for half in chunk.halves() for line in half.lines] == chunk.lines


def test_every_line_is_external_with_its_version_and_ends_with_a_line_feed() -> None:
    assert encode(write("a")) + encode(write('"b', operation="REMOVE")) == (
        b'{"index":{"_id":"a","version":1767323045000000,"version_type":"external"}}\n'
        b'{"id":"a","x":"","n":1}\n'
        b'{"delete":{"_id":"\\"b","version":1767323045000000,"version_type":"external"}}\n'
    )


@pytest.mark.parametrize("feed", ["dynamodb_stream", "kinesis_stream"])
def test_documents_with_new_names_go_in_small_requests(feed: str) -> None:
    make = stream_record if feed == "dynamodb_stream" else kinesis_record
    unheard_of = uuid4().hex  # by this process, however often this is run
    images = [item(f"k{number}", **{f"{unheard_of} {number}": {"S": "x"}}) for number in range(180)]

    def cut() -> list[int]:
        actions, _ = plan([DECODERS[feed](make(image)) for image in images])
        return [len(chunk.writes) for chunk in taken(requests([*map(PendingWrite.of, actions)], max_actions=1_000))]

    first = cut()
    assert sum(first) == 180
    assert max(first) <= MOST_WITH_NEW_NAMES + 1
    assert cut() == [180], "the names are known now"


def test_a_key_stays_indexed_whatever_its_name() -> None:
    image = {"_id": {"S": "a"}, "v": {"N": "1"}}
    (action,), _ = plan([decode_dynamodb_record(stream_record(image, key_names=["_id"]))])
    write = PendingWrite.of(action)
    write.form = Form.KEY
    assert encode(write).splitlines()[1] == b'{"%5Fid":"a","%unindexed":{"v":1},"%unindexed_attributes":1}'
