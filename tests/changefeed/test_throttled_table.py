"""A backlog on a provisioned table settles in about the time that its read units allow."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from tests.changefeed.consumer_rig import Rig
from tests.changefeed.records import item, kinesis_record, stream_record
from tests.fakes import NOW, FakeClock, FakeTable, client_error
from tests.service_models.fake_client import speaks

RECORDS = 1_000
INVOCATION_SECONDS = 60.0


@speaks("dynamodb")
@dataclass(kw_only=True)
class ProvisionedTable(FakeTable):
    """A table with DynamoDB's bucket: so many read units a second, kept for at most 300 s; an item costs one."""

    clock: FakeClock
    units_a_second: float
    units: float = 0.0
    used: int = 0
    filled_at: float = 0.0
    seconds_a_request: float = 0.005
    serves_last_first: bool = False
    """No documentation says which keys of a request are served."""

    def batch_get_item(self, *, RequestItems: Mapping[str, Any]) -> dict[str, Any]:
        self.clock.now += self.seconds_a_request
        waited, self.filled_at = self.clock.now - (self.filled_at or self.clock.now), self.clock.now
        self.units = min(300 * self.units_a_second, self.units + waited * self.units_a_second)
        keys = RequestItems[self.name]["Keys"]
        granted = min(len(keys), int(self.units))
        if not granted:
            raise client_error("ProvisionedThroughputExceededException")
        self.units -= granted
        self.used += granted
        if self.serves_last_first:
            keys = keys[::-1]
        answer = super().batch_get_item(RequestItems={self.name: {**RequestItems[self.name], "Keys": keys[:granted]}})
        left = keys[granted:]
        return answer | {"UnprocessedKeys": {self.name: {"Keys": left}} if left else {}}


@pytest.mark.parametrize("feed", ["dynamodb_stream", "kinesis_stream"])
@pytest.mark.parametrize("serves_last_first", [False, True])
@pytest.mark.parametrize(("units_a_second", "saved"), [(1, 0), (5, 0), (5, 700), (25, 0), (100, 0)])
def test_a_backlog_settles_in_the_time_that_the_units_allow(
    feed: str, units_a_second: float, saved: float, serves_last_first: bool
) -> None:
    clock = FakeClock(now=NOW + 600)
    table = ProvisionedTable(clock=clock, units_a_second=units_a_second, units=saved)
    table.serves_last_first = serves_last_first
    rig = Rig(feed=feed, clock=clock, table=table)
    make = stream_record if feed == "dynamodb_stream" else kinesis_record
    records = [make(item(f"k{number}", n={"N": str(number)}), number=number + 1) for number in range(RECORDS)]
    for number in range(RECORDS):
        table.put(item(f"k{number}", n={"N": str(number)}))

    started, waiting = clock.now, records
    while waiting:
        reported = rig.invoke(waiting, seconds=INVOCATION_SECONDS)
        assert clock.now - started < 20 * RECORDS, "headway"
        settled = len(rig.index.documents)
        waiting = waiting[[number_of(record) for record in waiting].index(int(reported[0])) :] if reported else []
        if not serves_last_first:
            assert len(waiting) <= RECORDS - settled + 1, "what is written is not reported again"

    ideal = (RECORDS - saved) / units_a_second
    assert len(rig.index.documents) == RECORDS
    assert table.used <= 1.1 * RECORDS
    assert clock.now - started <= 1.3 * ideal + INVOCATION_SECONDS * 0.1


def number_of(record: Mapping[str, Any]) -> int:
    body = record.get("dynamodb") or record["kinesis"]
    return int(body.get("SequenceNumber") or body["sequenceNumber"])
