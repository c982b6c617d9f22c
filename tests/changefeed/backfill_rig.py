"""A backfill on fakes: the real walk, reader and writer between a table that can be scanned, and a consumer's rig."""

from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any

from botocore.exceptions import ClientError

from changefeed.backfill.backfill import Backfill
from changefeed.backfill.page import MARGIN_MICROSECONDS, PageReader
from changefeed.backfill.request import BackfillAnswer, BackfillRequest
from changefeed.parking import Parking
from tests.changefeed.consumer_rig import Rig
from tests.changefeed.records import TABLE
from tests.fakes import FakeClock, FakeContext, FakeTable, as_boto3
from tests.service_models.fake_client import speaks

ITEMS_A_READ_UNIT = 2.0


@speaks("dynamodb")
@dataclass(kw_only=True)
class ScannedTable(FakeTable):
    """A FakeTable that can be described and scanned.

    `date_skew_seconds`: how far the clock that answers is ahead of the one that stamps changes. `seconds_a_scan` pass
    with each; `while_answering` is run after the page was read and before its answer arrives.
    """

    clock: FakeClock
    date_skew_seconds: float = 0.0
    seconds_a_scan: float = 0.01
    while_answering: Callable[[], None] | None = None
    scan_failures: list[ClientError] = field(default_factory=list)
    scans: list[dict[str, Any]] = field(default_factory=list)

    def describe_table(self, *, TableName: str) -> dict[str, Any]:
        assert TableName == self.name
        keys = [{"AttributeName": name, "KeyType": "HASH"} for name in self.key_schema]
        return {"Table": {"KeySchema": keys}, **self._metadata()}

    def scan(self, **request: Any) -> dict[str, Any]:
        assert request["ConsistentRead"] is True, "a stale page could hold a deleted item"
        self.scans.append(request)
        if self.scan_failures:
            raise self.scan_failures.pop()
        start = request.get("ExclusiveStartKey")
        after = self._key(start) if start else ""
        of_segment = [
            key for key in sorted(self.items) if _segment(key, request["TotalSegments"]) == request["Segment"]
        ]
        page = [key for key in of_segment if key > after][: request["Limit"]]
        items = [as_boto3(self.items[key]) for key in page]
        if self.while_answering is not None:
            self.while_answering()
        self.clock.now += self.seconds_a_scan
        answer = {"Items": items, "ConsumedCapacity": {"CapacityUnits": len(items) / ITEMS_A_READ_UNIT}}
        if len(page) == request["Limit"]:  # DynamoDB too: a full page may be the last one without knowing it
            answer["LastEvaluatedKey"] = {name: items[-1][name] for name in self.key_schema}
        return {**answer, **self._metadata()}

    def _metadata(self) -> dict[str, Any]:
        date = formatdate(int(self.clock.now + self.date_skew_seconds), usegmt=True)
        return {"ResponseMetadata": {"HTTPHeaders": {"date": date}}}


def _segment(key: str, total: int) -> int:
    return sum(key.encode()) % total


def scanned_rig(*, date_skew_seconds: float = 0.0, make_rig: Callable[..., Rig] = Rig, **parts: Any) -> Rig:
    """A consumer's rig whose table can be scanned."""
    clock = parts.pop("clock", None) or FakeClock()
    return make_rig(clock=clock, table=ScannedTable(clock=clock, date_skew_seconds=date_skew_seconds), **parts)


def backfill_on(rig: Rig, *, margin_microseconds: int = MARGIN_MICROSECONDS) -> Backfill:
    """The backfill into the rig's index, by its writer."""

    def clock() -> float:
        return rig.clock.now + rig.skew_seconds

    def open_table() -> PageReader:
        return PageReader(table_name=TABLE, client=rig.table, clock=clock, margin_microseconds=margin_microseconds)

    return Backfill(
        open_table=open_table,
        write=rig.writer,
        park=Parking(queue_url="https://queue", index="lab-table-index", client=lambda: rig.queue),
        clock=clock,
        sleep=rig.clock.sleep,
    )


def invoke(rig: Rig, backfill: Backfill | None = None, *, seconds: float = 120.0, **event: Any) -> BackfillAnswer:
    """One invocation; the event's fields by name."""
    request = BackfillRequest.from_event({"consumer": "c", "segment": 0, "total_segments": 1, **event})
    return (backfill or backfill_on(rig))(request, FakeContext(clock=rig.clock, seconds=seconds))


def scanned(rig: Rig) -> ScannedTable:
    """The rig's table."""
    assert isinstance(rig.table, ScannedTable)
    return rig.table
