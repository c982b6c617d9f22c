"""Mutations of `ops` that an audit made and no test noticed: each test kills the one in its docstring."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from opensearchpy.exceptions import TransportError

from changefeed.errors import RecordDecodeError, RecordError
from ops.errors import OpsError
from ops.verify.index_walk import Index
from ops.verify.looks import Inspector
from ops.verify.repair import Repaired, repair
from ops.verify.spill import Candidate
from ops.verify.table_walk import Table
from tests.changefeed.records import item, kinesis_record
from tests.fakes import FakeClock
from tests.ops.redrive_rig import FEEDS, RedriveRig
from tests.ops.verify_rig import VERSION, Pair, ids

SECOND = 1_000_000


@pytest.mark.parametrize("names_span", [True, False], ids=["as parked", "by a version that named no span"])
@pytest.mark.parametrize("feed", FEEDS)
def test_a_record_too_large_to_be_parked_wins_a_tie_with_an_older_change(feed: str, names_span: bool) -> None:
    """Untrusted: the change of a parked message spans a microsecond. Of two in one version, the first is there."""
    rig = RedriveRig(feed=feed)
    number = rig.change("a", n={"N": "2"})
    if feed == "kinesis_stream":
        raw = kinesis_record(item("a", n={"N": "2"}), number=number, precision=None)
        rig.stream.records[number - 1] = raw
    letter = rig.park(number, large=True)
    message = rig.sqs.messages[letter]
    if not names_span:
        message.body = json.dumps({name: part for name, part in json.loads(message.body).items() if "span" not in name})
    version = rig.decode(rig.record(number)).version
    rig.index.documents["a"] = (version, {"id": "a", "n": "1"})
    report = rig.run()
    assert rig.index.sources() == rig.documents(), "superseded, and its letter deleted"
    assert letter not in rig.sqs.messages
    assert report.records == {"written": 1}


def test_a_document_of_this_moment_is_repaired_when_no_change_can_have_its_next_version() -> None:
    """Repair: young versions are written at once. A change of the next microsecond would count as done."""
    pair = Pair()
    pair.put({"id": {"S": "a"}, "n": {"N": "1"}}, version=VERSION)
    pair.table.put({"id": {"S": "a"}, "n": {"N": "2"}})
    now = VERSION

    def sleep(seconds: float) -> None:
        nonlocal now
        now += int(seconds * SECOND)
        pair.table.put({"id": {"S": "a"}, "n": {"N": "3"}})  # of version VERSION + 1, and its record comes later
        pair.index.put("a", b"{}", version=VERSION + 5 * SECOND + 1)  # something else that was written meanwhile

    def send(body: bytes, timeout: float) -> tuple[int, bytes]:
        assert now > VERSION + 1 + 5 * SECOND
        return pair.index.send(body, timeout)

    index = Index(pair.index, "lab")
    look = Inspector(Table(pair.table, pair.table.name), index)
    repaired = Repaired()
    repair(
        look([Candidate("a", "")]),
        repaired,
        look=look,
        send=send,
        read_items=look.read_items,
        table_now=lambda: now,
        sleep=sleep,
    )
    assert repaired.outcomes == {"written": 1}
    assert b'"n":3' in pair.index.documents["a"][1]


def test_what_an_index_without_an_answer_was_asked_for_is_told_as_not_written() -> None:
    """Repair: what the time was not enough for is counted, but no reason is given."""
    pair, clock = Pair(), FakeClock()
    pair.table.put({"id": {"S": "a"}})
    look = Inspector(Table(pair.table, pair.table.name), Index(pair.index, "lab"))
    repaired = Repaired()
    repair(
        look([Candidate("a", "")]),
        repaired,
        look=look,
        send=lambda _body, _timeout: (429, b""),
        read_items=look.read_items,
        table_now=lambda: VERSION,
        sleep=clock.sleep,
        stopwatch=clock,
    )
    assert (repaired.outcomes, repaired.reasons) == ({"retryable": 1}, {"unknown_429": 1})
    assert sum(clock.slept) < 130


def test_the_report_names_a_thousand_documents_of_the_future_at_most(tmp_path: Path) -> None:
    """Index walk: all of them are held in memory, and printed."""
    pair = Pair()
    pair.fill(1_050)
    for key in pair.index.documents:
        pair.index.put(key, b"{}", version=4_000_000_000_000_000)
    future = pair.verify(tmp_path).as_json()["versions_in_the_future"]
    assert (future["count"], len(future["ids"])) == (1_050, 1_000)


def test_a_key_that_the_table_refuses_deletes_nothing() -> None:
    """Repair: a refused key is taken for an absent item."""
    pair = Pair()
    pair.put({"id": {"S": "a"}}, version=VERSION)

    def refuse(keys: Mapping[str, Any], seconds_left: Callable[[], float]) -> Mapping[str, RecordError]:
        return dict.fromkeys(keys, RecordDecodeError("key_refused", "Said by a test."))

    look = Inspector(Table(pair.table, pair.table.name), Index(pair.index, "lab"))
    pair.table.items.clear()
    repaired = Repaired()
    repair(
        look([Candidate("a", "")]),
        repaired,
        look=look,
        send=pair.index.send,
        read_items=refuse,
        table_now=lambda: VERSION + 60 * SECOND,
    )
    assert (repaired.outcomes, repaired.reasons) == ({"rejected": 1}, {"key_refused": 1})
    assert "a" in pair.index.documents


@pytest.mark.parametrize(
    "shards", [{"timed_out": False, "_shards": {"failed": 1}}, {"timed_out": True, "_shards": {"failed": 0}}]
)
def test_a_walk_that_lacks_a_shard_proves_nothing(shards: Mapping[str, Any], tmp_path: Path) -> None:
    """Index walk: what failed shards hold is left out silently, and orphans in them with it."""
    pair = Pair()
    pair.fill(3)
    pair.index.shards = shards
    with pytest.raises(OpsError, match="can't be compared now"):
        pair.verify(tmp_path)


@pytest.mark.parametrize("largest_page", [10, 11, 25, 99])
@pytest.mark.parametrize("count", [10, 20, 45, 250])
def test_a_walk_in_the_smallest_pages_comes_to_the_end(count: int, largest_page: int, tmp_path: Path) -> None:
    """Index walk: a page of the smallest size is taken for the last one, and orphans behind it aren't seen."""
    pair = Pair()
    pair.fill(count)
    pair.index.put("z-ghost", b'{"id":"z-ghost"}')
    pair.index.largest_page = largest_page
    report = pair.verify(tmp_path)
    assert ids(report, "orphaned") == ["z-ghost"]
    assert (report.documents, report.candidates) == (count + 1, 1)


@pytest.mark.parametrize(("status", "searches"), [(503, 3), (403, 1)])
def test_an_index_that_answers_no_page_at_all_ends_the_walk(status: int, searches: int, tmp_path: Path) -> None:
    """Index walk: pages below the smallest are tried for ever, and smaller ones where a right is missing."""
    pair = Pair()
    pair.fill(3)
    pair.index.largest_page, pair.index.too_large = 0, status
    with pytest.raises(TransportError, match="circuit_breaking"):
        pair.verify(tmp_path)
    assert len(pair.index.searches) == searches


def test_pages_hold_about_two_megabytes() -> None:
    """Index walk: pages are the largest from the second one on, whatever the documents' size."""
    pair = Pair()
    for number in range(250):
        pair.put({"id": {"S": f"k{number:04}"}, "text": {"S": "x" * (40_000 if number < 110 else 10)}})
    assert sum(len(page.entries) for page in Index(pair.index, "lab").pages(None)) == 250
    first, second, third, *_ = (search["size"] for search in pair.index.searches)
    assert first == 100
    assert 50 <= second <= 53
    assert third > 100


def test_a_document_that_can_not_be_read_is_not_absent(tmp_path: Path) -> None:
    """Index walk: an error of one document is taken for its absence: it would be missing, and written anew."""
    pair = Pair()
    pair.fill(3)
    pair.index.put("k0001", b"{}")
    pair.index.unreadable.add("k0001")
    with pytest.raises(OpsError, match="no_shard_available"):
        pair.verify(tmp_path)


def test_a_new_point_in_time_goes_on_behind_the_last_id() -> None:
    """Index walk: a new point in time starts from the first id again: an index slower than it lives is never read."""
    pair = Pair()
    pair.fill(250)
    found: list[str] = []
    for page in Index(pair.index, "lab").pages(None):
        found += [entry.document_id for entry in page.entries]
        pair.index.expired = True
        assert len(found) <= 250
    assert found == sorted(pair.index.documents)
