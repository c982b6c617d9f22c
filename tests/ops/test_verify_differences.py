"""Every kind of difference is found, distinguished from lag, and repaired with a version that later changes beat."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
from opensearchpy.exceptions import AuthorizationException

from changefeed.errors import ItemReadError
from changefeed.plan.document_id import document_id
from ops.errors import OpsError, UsageError
from ops.verify.repair import repair_version
from ops.verify.verification import write_differences
from tests.ops.verify_rig import VERSION, MemoryTable, Pair, ids

MINUTE = 60_000_000


def differing_pair(count: int = 60) -> Pair:
    pair = Pair()
    pair.fill(count)
    del pair.index.documents["k0003"]
    pair.index.put("k0007", b'{"id":"k0007","n":8,"tags":["a","b"]}')
    pair.index.put("ghost", b'{"id":"ghost"}')
    return pair


def agree(_kinds: dict[str, int]) -> bool:
    return True


def test_an_equal_pair_is_equal_without_a_second_look(tmp_path: Path) -> None:
    pair = Pair()
    pair.fill(50)
    report = pair.verify(tmp_path)
    assert report.equal
    assert (report.items, report.documents, report.candidates, pair.index.reads) == (50, 50, 0, 0)


def test_missing_stale_and_orphaned_are_told_with_their_ids(tmp_path: Path) -> None:
    report = differing_pair().verify(tmp_path)
    assert not report.equal
    assert (report.items, report.documents, report.candidates) == (60, 60, 3)
    assert (ids(report, "missing"), ids(report, "stale"), ids(report, "orphaned")) == (["k0003"], ["k0007"], ["ghost"])
    write_differences(report, tmp_path / "all.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "all.jsonl").read_text().splitlines()]
    assert {(line["id"], line["kind"]) for line in lines} == {
        ("k0003", "missing"),
        ("k0007", "stale"),
        ("ghost", "orphaned"),
    }


def test_repair_makes_them_equal_and_a_later_change_still_wins(tmp_path: Path) -> None:
    pair = differing_pair()
    before = pair.index.documents["k0007"][0]
    report = pair.verify(tmp_path, may_repair=agree)
    assert report.equal
    assert report.found.differing == 3
    assert report.as_json()["repair"]["outcomes"] == {"written": 3}
    assert (report.as_json()["looked_at_again"], report.as_json()["lagging"]) == (3, 0)
    assert "ghost" not in pair.index.documents
    assert pair.verify(tmp_path / "again").found.differing == 0
    table_now = int(time.time() * 1_000_000)
    for key in ("k0003", "k0007"):
        assert before < pair.index.documents[key][0] <= table_now - 10_000_000


def test_without_leave_nothing_is_written(tmp_path: Path) -> None:
    pair = differing_pair()
    documents = dict(pair.index.documents)
    asked: list[dict[str, int]] = []

    def refuse(kinds: dict[str, int]) -> bool:
        asked.append(kinds)
        return False

    report = pair.verify(tmp_path, may_repair=refuse)
    assert asked == [{"missing": 1, "stale": 1, "orphaned": 1}]
    assert report.repaired is None
    assert pair.index.documents == documents


@pytest.mark.parametrize(
    ("document", "read_after", "expected"),
    [
        (None, 10 * MINUTE, 9 * MINUTE),
        (5, 10 * MINUTE, 9 * MINUTE),
        (9 * MINUTE, 10 * MINUTE, 9 * MINUTE + 1),
        (11 * MINUTE, 10 * MINUTE, 11 * MINUTE + 1),
    ],
    ids=["a missing one gets the backfill's", "an old one too", "a young one its own and one", "one of the future too"],
)
def test_the_version_of_a_repair(document: int | None, read_after: int, expected: int) -> None:
    assert repair_version(document, read_after) == expected


def test_a_change_on_its_way_is_lag(tmp_path: Path) -> None:
    pair = Pair()
    pair.fill(20)
    late = pair.index.documents.pop("k0004")

    def arrive(read: int) -> None:
        if read == 1:
            pair.index.documents["k0004"] = late

    pair.index.on_read = arrive
    report = pair.verify(tmp_path)
    assert report.equal
    assert report.found.counts["lagging"] == report.candidates == 1


def test_an_item_that_always_changes_is_in_motion_and_no_difference(tmp_path: Path) -> None:
    pair = Pair()
    pair.fill(5)
    pair.index.put("k0001", b"{}", version=1)

    def change(read: int) -> None:
        pair.index.put("k0001", b'{"n":%d}' % read, version=2 + read)

    pair.index.on_read = change
    report = pair.verify(tmp_path)
    assert (report.left.differing, report.equal, report.ok) == (0, False, False)
    assert report.candidates == 1
    assert report.as_json()["in_motion"] == {"count": 1, "ids": ["k0001"]}


def test_an_item_that_changes_while_its_document_stands_still_is_stale(tmp_path: Path) -> None:
    pair = Pair()
    pair.fill(5)

    def change(read: int) -> None:
        pair.table.put({"id": {"S": "k0001"}, "n": {"N": str(1000 + read)}})

    pair.index.put("k0001", b"{}")
    pair.index.on_read = change
    assert ids(pair.verify(tmp_path), "stale") == ["k0001"]


def test_an_item_that_is_put_and_deleted_again_and_again_is_in_motion_and_not_missing(tmp_path: Path) -> None:
    """Found at 500 changes a second: each look met the item just put, and its document just deleted."""
    pair = Pair()
    pair.fill(5)
    del pair.index.documents["k0001"]

    def put_anew(read: int) -> None:
        pair.table.put({"id": {"S": "k0001"}, "n": {"N": str(1000 + read)}})

    pair.index.on_read = put_anew
    report = pair.verify(tmp_path)
    assert (report.left.differing, report.equal, report.ok) == (0, False, False)
    assert report.as_json()["in_motion"] == {"count": 1, "ids": ["k0001"]}


def test_a_document_that_arrives_between_two_reads_and_waits_again_is_no_difference(tmp_path: Path) -> None:
    """Were the item read before its document, a document newer than the item would look as if it stood still."""
    pair = Pair()
    pair.fill(5)
    old, new, newest = ({"id": {"S": "k0001"}, "n": {"N": number}} for number in ("-1", "-2", "-3"))
    pair.index.put("k0001", b"{}")
    pair.table.put(old)

    def change(read: int) -> None:
        if read == 0:
            pair.put(new, version=VERSION + 1)  # before the document is read, with the item in the table

    def change_again(get: int) -> None:
        if get == 1:
            pair.table.put(newest)  # on its way when it is looked at again

    pair.index.on_read = change
    pair.table.on_get = change_again
    report = pair.verify(tmp_path)
    assert report.equal
    assert report.found.counts["lagging"] == 1


def test_keys_of_every_type_and_length_are_found_and_repaired(tmp_path: Path) -> None:
    table = MemoryTable(key_schema={"p": "S", "s": "N"})
    pair = Pair(table=table)
    images: list[dict[str, Any]] = [
        {"p": {"S": text}, "s": {"N": number}, "v": {"S": "x"}}
        for text, number in (("a|b%", "1"), ("é", "-1.50"), ("x" * 900, "3"), ("x" * 901, "1E+2"))
    ]
    for image in images:
        pair.put(image)
    hashed = [key for key in pair.index.documents if key.startswith("%H")]
    assert len(hashed) == 2
    for key in pair.index.documents:
        pair.index.put(key, b'{"v":"wrong"}')
    del pair.index.documents[hashed[0]]
    pair.index.put("no-key-of-this-table", b"{}")
    report = pair.verify(tmp_path, may_repair=agree)
    assert report.found.differing == 5
    assert report.equal, report.as_json()


def test_an_orphan_with_a_hashed_id_is_read_by_the_key_in_its_document(tmp_path: Path) -> None:
    pair = Pair()
    pair.fill(3)
    key = {"id": {"S": "y" * 600}}
    pair.index.put(document_id(key), json.dumps({"id": "y" * 600}).encode())
    report = pair.verify(tmp_path, may_repair=agree)
    assert ids(report, "orphaned") == [document_id(key)]
    assert report.equal


def test_binary_keys_are_read_again(tmp_path: Path) -> None:
    pair = Pair(table=MemoryTable(key_schema={"id": "B"}))
    identifier = pair.put({"id": {"B": "//8="}, "v": {"S": "x"}})
    pair.index.put(identifier, b"{}")
    report = pair.verify(tmp_path, may_repair=agree)
    assert ids(report, "stale") == [identifier]
    assert report.equal


def test_an_item_written_during_the_repair_wins(tmp_path: Path) -> None:
    pair = differing_pair()

    def change_before_the_write(kinds: dict[str, int]) -> bool:
        newest = 4_000_000_000_000_000
        pair.put({"id": {"S": "k0007"}, "n": {"N": "99"}}, version=newest)
        return True

    report = pair.verify(tmp_path, may_repair=change_before_the_write)
    assert report.equal
    assert pair.index.documents["k0007"][0] == 4_000_000_000_000_000


def test_what_has_arrived_before_the_repair_is_not_written_again(tmp_path: Path) -> None:
    pair = differing_pair()

    def arrive(_kinds: dict[str, int]) -> bool:
        pair.put(pair.table.items[repr([{"S": "k0007"}])], version=VERSION + 1)
        return True

    report = pair.verify(tmp_path, may_repair=arrive)
    assert report.equal
    assert pair.index.documents["k0007"][0] == VERSION + 1


@pytest.mark.parametrize("sample_parts", [None, 1_000])
def test_a_version_in_the_future_is_a_finding_though_all_is_equal(tmp_path: Path, sample_parts: int | None) -> None:
    pair = Pair()
    pair.fill(3)
    for key, ahead in (("k0001", 3_600), ("k0002", 2)):  # the second may be no more than clocks that differ
        pair.index.documents[key] = (int((time.time() + ahead) * 1_000_000), pair.index.documents[key][1])
    report = pair.verify(tmp_path, sample_parts=sample_parts)
    assert (report.equal, report.ok) == (True, False)
    assert report.as_json()["versions_in_the_future"] == {"count": 1, "ids": ["k0001"]}


def test_a_version_in_the_future_is_repaired_and_told(tmp_path: Path) -> None:
    pair = Pair()
    pair.fill(3)
    pair.index.put("k0001", b"{}", version=4_000_000_000_000_000)
    report = pair.verify(tmp_path, may_repair=agree)
    assert (report.equal, report.ok) == (True, False)
    assert report.as_json()["versions_in_the_future"] == {"count": 1, "ids": ["k0001"]}


def test_a_resumed_walk_remembers_the_versions_in_the_future(tmp_path: Path) -> None:
    pair = Pair()
    pair.fill(30)
    pair.index.documents["k0001"] = (4_000_000_000_000_000, pair.index.documents["k0001"][1])
    break_off_at(pair, 0)
    with pytest.raises(OpsError, match="ended by a test"):
        pair.verify(tmp_path, segments=2)
    assert not pair.verify(tmp_path, segments=2).ok


def test_a_walk_of_an_index_that_was_made_anew_is_not_gone_on_with(tmp_path: Path) -> None:
    pair = differing_pair()
    break_off_at(pair, 0)
    with pytest.raises(OpsError, match="ended by a test"):
        pair.verify(tmp_path, segments=2)
    pair.index.uuid = "another"
    with pytest.raises(UsageError, match="made anew"):
        pair.verify(tmp_path, segments=2)


def test_a_document_that_was_deleted_just_now_is_written_at_the_second_attempt(tmp_path: Path) -> None:
    pair = differing_pair()
    pair.index.guards["k0003"] = int(time.time() * 1_000_000)
    report = pair.verify(tmp_path, may_repair=agree, guard_seconds=0.2)
    assert report.seconds > 0.2
    assert report.equal
    assert report.as_json()["repair"]["outcomes"] == {"written": 3, "superseded": 1}


def test_what_the_index_refuses_stays_and_says_why(tmp_path: Path) -> None:
    pair = differing_pair()
    pair.index.refuses = True
    report = pair.verify(tmp_path, may_repair=agree)
    assert not report.equal
    assert report.as_json()["repair"]["reasons"] == {"mapper_parsing_exception": 3}
    assert report.left.differing == 3


def test_a_sample_finds_missing_and_stale_ones_only(tmp_path: Path) -> None:
    pair = differing_pair()
    report = pair.verify(tmp_path, sample_parts=1_000)
    assert (ids(report, "missing"), ids(report, "stale"), ids(report, "orphaned")) == (["k0003"], ["k0007"], [])
    assert (report.items, report.documents, report.candidates) == (60, 60, 2)
    assert {scan["TotalSegments"] for scan in pair.table.scans} == {1_000}


def test_a_small_sample_reads_few_parts(tmp_path: Path) -> None:
    pair = differing_pair()
    pair.verify(tmp_path, sample_parts=3)
    assert len(pair.table.scans) == 3


def break_off_at(pair: Pair, last: int) -> None:
    """The next walk ends with an error at its scan of this number; the one after doesn't."""

    def end(scan: int) -> None:
        if scan == last:
            pair.table.on_scan = lambda _: None
            raise OpsError("ended by a test")

    pair.table.on_scan = end


def test_an_ended_walk_goes_on_where_it_was(tmp_path: Path) -> None:
    pair = differing_pair(300)
    break_off_at(pair, 12)
    with pytest.raises(OpsError, match="ended by a test"):
        pair.verify(tmp_path, segments=2)
    assert 12 <= len(pair.table.scans) < 44
    report = pair.verify(tmp_path, segments=2)
    assert (ids(report, "missing"), ids(report, "stale"), ids(report, "orphaned")) == (["k0003"], ["k0007"], ["ghost"])
    assert (report.items, report.documents) == (300, 300)
    assert len(pair.table.scans) == 44  # 2 segments of 150 items, 7 on a page: none was read twice


def test_a_directory_of_another_walk_is_refused(tmp_path: Path) -> None:
    pair = differing_pair()
    break_off_at(pair, 0)
    with pytest.raises(OpsError, match="ended by a test"):
        pair.verify(tmp_path, segments=2)
    with pytest.raises(UsageError, match="another walk"):
        pair.verify(tmp_path, segments=3)


def test_an_expired_point_in_time_goes_on_behind_the_last_id(tmp_path: Path) -> None:
    pair = differing_pair(250)

    def expire(scan: int) -> None:
        pair.index.expired = pair.index.expired or scan == 0

    pair.table.on_scan = expire
    report = pair.verify(tmp_path)
    assert report.found.differing == 3
    assert pair.index.pits == 1 + len(pair.said)


@pytest.mark.parametrize("refused", ["create", "search"])
def test_a_refused_point_in_time_is_done_without(tmp_path: Path, refused: str) -> None:
    pair = differing_pair(250)
    pair.index.no_pit = refused
    report = pair.verify(tmp_path)
    assert (ids(report, "missing"), ids(report, "stale"), ids(report, "orphaned")) == (["k0003"], ["k0007"], ["ghost"])
    assert report.documents == 250
    assert pair.said == ["lab refuses a point in time: it is walked by plain searches."]


def test_a_refusal_of_every_search_is_an_error(tmp_path: Path) -> None:
    pair = differing_pair(20)
    pair.index.no_pit = "everything"
    with pytest.raises(AuthorizationException):
        pair.verify(tmp_path)


def test_documents_of_which_a_part_is_not_indexed_are_equal_and_counted(tmp_path: Path) -> None:
    pair = Pair()
    pair.fill(5)
    pair.index.put("k0001", b'{"id":"k0001","%unindexed":{"n":1.5,"tags":["a","b"]},"%unindexed_attributes":2}')
    pair.index.put("k0002", b'{"id":"k0002","%unindexed":{"n":2.5,"tags":["a","b"]},"%unindexed_attributes":1}')
    report = pair.verify(tmp_path)
    assert ids(report, "stale") == ["k0002"]
    assert report.as_json()["not_fully_searchable"] == 2
    del pair.index.documents["k0002"]
    pair.table.delete({"id": {"S": "k0002"}})
    report = pair.verify(tmp_path)
    assert (report.equal, report.as_json()["not_fully_searchable"]) == (True, 1)


def test_a_repair_goes_by_the_clock_of_the_table_and_not_by_this_machine(tmp_path: Path) -> None:
    """A change of the next second by DynamoDB's clock must win, however far this machine's clock is ahead."""
    pair = differing_pair()
    pair.table.clock_ahead_seconds = -3_600.0
    report = pair.verify(tmp_path, may_repair=agree)
    assert report.equal
    table_now = int((time.time() - 3_600) * 1_000_000)
    for key in ("k0003", "k0007"):
        assert pair.index.documents[key][0] <= table_now - 10_000_000


def test_no_repair_without_the_clock_of_the_table(tmp_path: Path) -> None:
    """This machine's clock could be ahead: a repair by it would win against changes that come after."""
    pair = differing_pair()
    pair.table.has_clock = False
    documents = dict(pair.index.documents)
    with pytest.raises(ItemReadError, match="no Date"):
        pair.verify(tmp_path, may_repair=agree)
    assert pair.index.documents == documents


@pytest.mark.parametrize("text", [b'{"id":"k0001","%61":"x"}', b'{"id":"k0001","\\u002561":"x"}'])
def test_a_field_that_is_no_escaped_name_is_not_taken_for_the_attribute_of_its_letters(
    text: bytes, tmp_path: Path
) -> None:
    pair = Pair()
    pair.fill(3)
    identifier = pair.put({"id": {"S": "k0001"}, "%61": {"S": "x"}})
    assert pair.verify(tmp_path).candidates == 0
    pair.index.put(identifier, text)
    assert ids(pair.verify(tmp_path), "stale") == ["k0001"]
