"""Whatever a batch holds and whatever fails: every record ends in exactly one place."""

from collections import deque
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from changefeed.errors import ParkingError, RecordError, SuspectedEnvironmentError
from tests.changefeed.consumer_rig import DECODERS, Rig
from tests.changefeed.records import item, kinesis_record, stream_record
from tests.changefeed.seeded_breaks import MakeRig, lowest_sequence_number_as_text, unfolded_batch
from tests.fakes import NOW, Fault, bulk_actions, client_error

FIRST_NUMBER = 7  # a batch's numbers run over 9 and 10
KEYS = ("a", "b", "c")
ATTRIBUTES: dict[str, dict[str, Any]] = {
    "good": {"n": {"N": "1"}},
    "refused": {"poison": {"S": "x"}},
    "unplannable": {"n": {"N": "NaN"}},
}
FAULTS = st.one_of(
    st.none(),
    st.builds(Fault, status=st.sampled_from([400, 413, 429, 503])),
    st.builds(Fault, status=st.just(429), ids=st.frozensets(st.sampled_from(KEYS), min_size=1)),
    st.builds(Fault, lost=st.just(True)),
    st.builds(Fault, unanswered=st.just(True)),
)


@dataclass(frozen=True, kw_only=True)
class Batch:
    """What is handed over, and what fails meanwhile. `kinds`: (kind, key, whether a second passes before it)."""

    feed: str
    kinds: list[tuple[str, str, bool]]
    age_seconds: int
    seconds: int
    faults: list[Fault | None]
    faults_repeat: bool
    queue_failures: list[bool]
    table_failures: list[bool]


BATCHES = st.builds(
    Batch,
    feed=st.sampled_from(sorted(DECODERS)),
    kinds=st.lists(
        st.tuples(
            st.sampled_from(["good", "good", "good", "remove", "refused", "unplannable", "malformed", "no record"]),
            st.sampled_from(KEYS),
            st.booleans(),
        ),
        min_size=1,
        max_size=9,
    ),
    age_seconds=st.sampled_from([0, 90]),
    seconds=st.sampled_from([4, 60]),
    faults=st.lists(FAULTS, max_size=4),
    faults_repeat=st.booleans(),
    queue_failures=st.lists(st.booleans(), max_size=3),
    table_failures=st.lists(st.booleans(), max_size=3),
)


def records_of(batch: Batch, rig: Rig) -> list[Any]:
    """The batch's records; the table gets what they say happened."""
    made: list[Any] = []
    time = NOW - batch.age_seconds - len(batch.kinds)
    for number, (kind, key, tick) in enumerate(batch.kinds, FIRST_NUMBER):
        time += tick
        image = item(key, **ATTRIBUTES.get(kind, {}))
        operation = "REMOVE" if kind == "remove" else "MODIFY"
        if batch.feed == "kinesis_stream":
            raw = kinesis_record(image, number=number, microseconds=int(time) * 1_000_000 + number, operation=operation)
        else:
            raw = stream_record(image, number=number, seconds=time, operation=operation)
        if kind == "malformed":
            raw["kinesis" if "kinesis" in raw else "dynamodb"] |= {"data": "%", "Keys": None}
        elif kind == "remove":
            rig.table.delete(image)
        elif kind != "no record":
            rig.table.put(image)
        made.append(f"no record {number}" if kind == "no record" else raw)
    return made


def check_batch(batch: Batch, make_rig: MakeRig) -> None:
    rig = make_rig(batch.feed)
    records = records_of(batch, rig)
    rig.index.faults = deque(batch.faults * (50 if batch.faults_repeat else 1))
    rig.queue.failures = deque(client_error("x") if fails else None for fails in batch.queue_failures)
    rig.table.failures = deque(client_error("x") if fails else None for fails in batch.table_failures)
    try:
        reported = rig.invoke(records, seconds=batch.seconds)
    except SuspectedEnvironmentError:
        assert rig.queue.messages == [], "nothing is parked when the index is blamed"
        return
    except ParkingError:
        return
    numbers = [None if kind == "no record" else FIRST_NUMBER + i for i, (kind, _, _) in enumerate(batch.kinds)]
    assert len(reported) <= 1
    assert all(int(number) in numbers for number in reported), "what is reported is in the batch"
    checkpoint = int(reported[0]) if reported else 10**9
    parked = [message["record"] for message in rig.queue.messages]
    order = {}  # of the decodable records: position to (key, version, sequence number)
    for position, raw in enumerate(records):
        try:
            change = DECODERS[batch.feed](raw) if isinstance(raw, dict) else None
        except RecordError:
            change = None
        if change is not None:
            order[position] = (change.keys["id"]["S"], change.version, int(change.sequence_number))
    for position, (raw, number) in enumerate(zip(records, numbers, strict=True)):
        if number is not None and number >= checkpoint:
            assert parked.count(raw) == 0, "what comes again is not parked"
        elif position not in order:
            assert parked.count(raw) == 1, "what can't be decoded is parked once"
        elif parked.count(raw) != 1:
            assert parked.count(raw) == 0, "nothing is parked twice"
            key, *at = order[position]
            held = rig.index.documents.get(key) or rig.index.guards.get(key)
            written = held is not None and held[0] >= at[0]
            folded = any(
                other[0] == key and [*other[1:]] > at and (records[place] in parked or other[2] >= checkpoint)
                for place, other in order.items()
            )
            assert written or folded, "a record before the checkpoint is written, or a later change of its item is not"
    for body in rig.index.requests:
        ids = [target["_id"] for _, target, _ in bulk_actions(body)]
        assert len(set(ids)) == len(ids), "a request writes each document once"


def adding_up(make_rig: MakeRig, **changes: Any) -> None:
    @settings(max_examples=400, deadline=None, database=None, derandomize=True, **changes)
    @given(BATCHES)
    def check(batch: Batch) -> None:
        check_batch(batch, make_rig)

    check()


def test_every_record_is_written_or_parked_or_comes_again() -> None:
    adding_up(lambda feed: Rig(feed=feed), suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize(
    ("broken", "noticed"),
    [(lowest_sequence_number_as_text, "before the checkpoint"), (unfolded_batch, "each document once")],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_a_sync_that_loses_a_record_is_found_out(broken: MakeRig, noticed: str) -> None:
    with pytest.raises(AssertionError, match=noticed):
        adding_up(broken, phases=[Phase.generate], report_multiple_bugs=False)
