"""The forwarder's records look as AWS's do, keep each item's order, and are the same when read again."""

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from local.commands.status import part_lines
from local.runners.forwarder.change_clock import ChangeClock
from local.runners.forwarder.disorder import Disorder
from local.runners.forwarder.forwarder import KinesisForwarder
from local.runners.forwarder.record import ForwardedRecord, forwarded_record
from local.runners.forwarder.writer import KinesisWriter, chunks
from local.runners.mapping.runner import MappingRunner
from local.runners.mapping.start import stream_reader
from streams.client import polling_config
from streams.record import StreamRecord
from tests.fakes import client_error
from tests.local.mapping_fakes import FakeFunction, Ministack, running_ministack, settings
from tests.service_models.fake_client import speaks
from tests.streams.stream_fakes import KINESIS_ARN, STREAM_ARN

RECORDED = """{"awsRegion":"us-east-1","eventID":"b015b5f0-c095-4b50-8ad0-4279aa3d88c6","eventName":"MODIFY",\
"userIdentity":null,"recordFormat":"application/json","tableName":"lab-table",\
"dynamodb":{"ApproximateCreationDateTime":1720740233012995,"Keys":{"id":{"S":"a"}},\
"NewImage":{"id":{"S":"a"},"n":{"N":"2"}},"OldImage":{"id":{"S":"a"},"n":{"N":"1"}},"SizeBytes":99,\
"ApproximateCreationDateTimePrecision":"MICROSECOND"},"eventSource":"aws:dynamodb"}"""
"""Member names, their order and the types are those of records captured on AWS; the values are this project's."""


def change(sequence: str = "99500000001720740233012", **changes: Any) -> StreamRecord:
    dynamodb: dict[str, Any] = {
        "ApproximateCreationDateTime": 1720740233,
        "Keys": {"id": {"S": "a"}},
        "NewImage": {"id": {"S": "a"}, "n": {"N": "2"}},
        "OldImage": {"id": {"S": "a"}, "n": {"N": "1"}},
        "SequenceNumber": sequence,
        "SizeBytes": 99,
        "StreamViewType": "NEW_AND_OLD_IMAGES",
    }
    member = {
        "eventID": "1",
        "eventName": "MODIFY",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
        "dynamodb": dynamodb,
        "eventSourceARN": STREAM_ARN,
        **changes,
    }
    return StreamRecord(
        sequence_number=sequence, lane_key='{"id":{"S":"a"}}', arrival_seconds=1720740233, event_record=member
    )


def forwarded(name: str, key: str = "A") -> ForwardedRecord:
    return ForwardedRecord(partition_key=key, data=name.encode())


def names(of: list[ForwardedRecord]) -> list[str]:
    return [one.data.decode() for one in of]


def test_a_change_has_the_shape_of_a_recorded_one() -> None:
    micros = ChangeClock().microseconds("99500000001720740233012", 1720740233)
    made = forwarded_record(change(), table_name="lab-table", microseconds=micros)
    body = json.loads(made.data)
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", body["eventID"])
    expected = json.loads(RECORDED)
    assert {**body, "eventID": expected["eventID"]} == expected
    assert list(body) == list(expected)
    assert list(body["dynamodb"]) == list(expected["dynamodb"])
    assert re.fullmatch(r"[0-9A-F]{32}", made.partition_key)


def test_a_ttl_delete_keeps_its_identity() -> None:
    identity = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
    made = forwarded_record(change(userIdentity=identity), table_name="t", microseconds=1)
    assert json.loads(made.data)["userIdentity"] == identity


def test_reading_again_gives_the_same_bytes() -> None:
    first, again = (forwarded_record(change(), table_name="t", microseconds=1) for _ in range(2))
    assert first == again
    other = forwarded_record(change("99600000001720740233012"), table_name="t", microseconds=1)
    assert json.loads(other.data)["eventID"] != json.loads(first.data)["eventID"]
    assert other.partition_key == first.partition_key


def test_microseconds_are_the_sequence_numbers_milliseconds_and_counter() -> None:
    assert ChangeClock().microseconds("99500000001720740233012", 1720740233) == 1720740233012995


def test_microseconds_rise_when_the_counter_wraps_within_a_millisecond() -> None:
    clock = ChangeClock()
    times = [clock.microseconds(f"{counter}{1720740233012:020d}", 1720740233) for counter in (998, 999, 1000, 1001)]
    assert times == [1720740233012998, 1720740233012999, 1720740233013000, 1720740233013001]


def test_another_kind_of_sequence_number_falls_back_to_whole_seconds() -> None:
    clock = ChangeClock()
    assert clock.microseconds("300000000003218256368", 1720740233) == 1720740233000000
    assert clock.microseconds("999999999999999999990000000001", 1720740233) == 1720740233000001
    assert clock.microseconds("400000000003218256412", 1720740234) == 1720740234000000


@hypothesis_settings(max_examples=200, deadline=None)
@given(steps=st.lists(st.integers(-3, 5), min_size=1, max_size=50), first=st.integers(0, 5000))
def test_microseconds_always_rise_and_are_the_same_again_even_if_the_clock_steps_back(
    steps: list[int], first: int
) -> None:
    moment, numbers = 1720740233012, []
    for counter, step in enumerate(steps, start=first):
        moment += step
        numbers.append(f"{counter}{moment:020d}")

    def read() -> list[int]:
        clock = ChangeClock()
        return [clock.microseconds(number, int(number[-20:]) // 1000) for number in numbers]

    times = read()
    assert times == sorted(set(times))
    assert times == read()


def test_reading_from_the_middle_gives_the_same_times() -> None:
    numbers = [f"{counter}{1720740233000 + counter // 7:020d}" for counter in range(5000)]

    def read(start: int) -> list[int]:
        clock = ChangeClock()
        return [clock.microseconds(number, int(number[-20:]) // 1000) for number in numbers[start:]]

    everything = read(0)
    assert all(read(start) == everything[start:] for start in range(0, 5000, 7 * 71))


def test_disorder_is_off_by_default() -> None:
    sent = [forwarded(str(number)) for number in range(50)]
    assert Disorder().apply(sent) == sent


@hypothesis_settings(max_examples=100, deadline=None)
@given(
    count=st.integers(0, 80),
    window=st.integers(0, 10),
    probability=st.floats(0, 1),
    seed=st.integers(0, 1000),
    pages=st.lists(st.integers(1, 20), min_size=1, max_size=20),
)
def test_disorder_loses_nothing_stays_in_its_window_and_repeats_itself_whatever_the_pages(
    count: int, window: int, probability: float, seed: int, pages: list[int]
) -> None:
    sent = [forwarded(str(number)) for number in range(count)]

    def run(sizes: list[int]) -> list[str]:
        disorder = Disorder(duplicate_probability=probability, reorder_window=window, seed=seed)
        out: list[ForwardedRecord] = []
        rest, turn = sent, 0
        while rest:
            size = sizes[turn % len(sizes)]
            out += disorder.apply(rest[:size])
            rest, turn = rest[size:], turn + 1
        return names(out + disorder.flush())

    out = run([count or 1])
    assert out == run(pages)
    assert set(out) == set(names(sent))
    first_seen = list(dict.fromkeys(out))
    assert all(abs(first_seen.index(str(number)) - number) <= 2 * window for number in range(count))


def test_disorder_does_repeat_and_reorder() -> None:
    disorder = Disorder(duplicate_probability=0.5, reorder_window=5, seed=1)
    out = names(disorder.apply([forwarded(f"{number:03d}") for number in range(100)]) + disorder.flush())
    assert 120 < len(out) < 180
    assert out != sorted(out)


@speaks("kinesis")
@dataclass
class FlakyKinesis:
    """Refuses records of given names, as often as given; keeps what it accepted."""

    refuse: dict[bytes, int] = field(default_factory=dict)
    stored: list[str] = field(default_factory=list)

    def put_records(self, *, StreamARN: str, Records: list[dict[str, Any]]) -> dict[str, Any]:
        results = []
        for one in Records:
            if self.refuse.get(one["Data"], 0) > 0:
                self.refuse[one["Data"]] -= 1
                results.append({"ErrorCode": "ProvisionedThroughputExceededException"})
            else:
                self.stored.append(one["Data"].decode())
                results.append({"SequenceNumber": "1", "ShardId": "s"})
        return {"Records": results}


def test_a_refused_record_is_sent_again_with_all_later_ones_of_its_key() -> None:
    kinesis = FlakyKinesis(refuse={b"a1": 1})
    writer = KinesisWriter(client=kinesis, stream_arn=KINESIS_ARN)
    again = writer.put_once([forwarded("a1"), forwarded("b1", "B"), forwarded("a2")])
    assert names(again) == ["a1", "a2"]
    assert writer.put_once(again) == []
    assert kinesis.stored == ["b1", "a2", "a1", "a2"]


@speaks("dynamodbstreams")
@dataclass
class StreamOfChanges:
    """A table's stream in memory, as boto3 gives it: one shard with the given numbers of one item."""

    numbers: list[str]
    page: int = 2

    def describe_stream(self, **_call: Any) -> dict[str, Any]:
        return {"StreamDescription": {"Shards": [{"ShardId": "shardId-00000001573689847184-864758bb"}]}}

    def get_shard_iterator(self, **_call: Any) -> dict[str, Any]:
        return {"ShardIterator": "0"}

    def get_records(self, *, ShardIterator: str, Limit: int) -> dict[str, Any]:
        found = [
            {
                "eventID": number,
                "eventName": "INSERT",
                "eventVersion": "1.1",
                "eventSource": "aws:dynamodb",
                "awsRegion": "us-east-1",
                "dynamodb": {"Keys": {"id": {"S": "a"}}, "SequenceNumber": number, "NewImage": {"n": {"N": number}}},
            }
            for number in self.numbers[int(ShardIterator) : int(ShardIterator) + self.page]
        ]
        return {"Records": found, "NextShardIterator": str(int(ShardIterator) + len(found))}


@speaks("kinesis")
@dataclass
class KinesisWithOutage:
    """Fails whole calls, then takes everything."""

    failures: int
    stored: list[int] = field(default_factory=list)

    def put_records(self, *, StreamARN: str, Records: list[dict[str, Any]]) -> dict[str, Any]:
        if self.failures:
            self.failures -= 1
            raise OSError("connection refused")
        self.stored += [int(json.loads(one["Data"])["dynamodb"]["NewImage"]["n"]["N"]) for one in Records]
        return {"Records": [{"SequenceNumber": "1", "ShardId": "s"} for _ in Records]}


def test_an_outage_of_the_stream_loses_and_reorders_nothing() -> None:
    kinesis = KinesisWithOutage(failures=3)
    status = run_forwarder(kinesis, changes=7).status()
    assert kinesis.stored == [1, 2, 3, 4, 5, 6, 7]
    assert (status.records_put, status.put_failures) == (7, 3)


@speaks("kinesis")
@dataclass
class KinesisWithLimits:
    """Refuses every call that holds one of these records, and fails a few calls on the way."""

    refused: set[int]
    code: str = "ValidationException"
    failures: int = 2
    stored: list[int] = field(default_factory=list)
    calls: int = 0

    def put_records(self, *, StreamARN: str, Records: list[dict[str, Any]]) -> dict[str, Any]:
        self.calls += 1
        numbers = [int(json.loads(one["Data"])["dynamodb"]["NewImage"]["n"]["N"]) for one in Records]
        if self.refused & set(numbers):
            raise client_error(self.code, "PutRecords")
        if self.failures:
            self.failures -= 1
            raise client_error("ProvisionedThroughputExceededException", "PutRecords")
        self.stored += numbers
        return {"Records": [{"SequenceNumber": "1", "ShardId": "s"} for _ in Records]}


def run_forwarder(kinesis: Any, *, changes: int, page: int = 2, seconds: float = 5.0) -> KinesisForwarder:
    forwarder = KinesisForwarder(
        streams_client=StreamOfChanges(numbers=[str(number) for number in range(1, changes + 1)], page=page),
        kinesis_client=kinesis,
        table_stream_arn=STREAM_ARN,
        kinesis_stream_arn=KINESIS_ARN,
        poll_interval_seconds=0.005,
    )
    forwarder.start()
    forwarder.wait_until_drained(seconds)
    assert forwarder.stop()
    return forwarder


@pytest.mark.parametrize("code", ["ValidationException", "InvalidArgumentException"])
@pytest.mark.parametrize("refused", [{1}, {4}, {3, 4}, {1, 2, 7}, {9}, set(range(1, 10))])
def test_a_record_that_kinesis_always_refuses_is_skipped_and_told(
    refused: set[int], code: str, caplog: pytest.LogCaptureFixture
) -> None:
    kinesis = KinesisWithLimits(refused=refused, code=code)
    status = run_forwarder(kinesis, changes=9).status()
    assert kinesis.stored == [number for number in range(1, 10) if number not in refused]
    assert (status.changes_skipped, status.records_put) == (len(refused), 9 - len(refused))
    (line,) = part_lines({"kinesis_forwarder": {"t": asdict(status)}})
    assert f"changes skipped {len(refused)}" in line
    told = [record.getMessage() for record in caplog.records if "skipped" in record.getMessage()]
    assert len(told) == len(refused)
    assert all(code in line and "NewImage" not in line for line in told)


@pytest.mark.parametrize(
    "code", ["ResourceNotFoundException", "ProvisionedThroughputExceededException", "InternalFailure"]
)
def test_what_says_nothing_of_the_record_is_waited_for(code: str) -> None:
    kinesis = KinesisWithLimits(refused={2}, code=code)
    status = run_forwarder(kinesis, changes=2, seconds=0.5).status()
    assert (kinesis.stored, status.changes_skipped) == ([], 0)


def test_finding_the_refused_record_of_a_full_call_costs_few_calls() -> None:
    kinesis = KinesisWithLimits(refused={250}, failures=0)
    run_forwarder(kinesis, changes=500, page=500)
    assert kinesis.stored == [*range(1, 250), *range(251, 501)]
    assert kinesis.calls < 20


def test_chunks_keep_kinesis_limits() -> None:
    assert [len(chunk) for chunk in chunks([forwarded("x")] * 1201)] == [500, 500, 201]
    big = [forwarded("x" * 1_000_000)] * 12
    assert [len(chunk) for chunk in chunks(big)] == [5, 5, 2]
    assert list(chunks([])) == []


@pytest.fixture(scope="module")
def cloud() -> Iterator[Ministack]:
    """One emulator for this file; tests use names of their own."""
    with running_ministack() as ministack:
        yield ministack


def forward(cloud: Ministack, table_stream: str, kinesis_stream: str, **options: Any) -> KinesisForwarder:
    return KinesisForwarder(
        streams_client=cloud.client("dynamodbstreams", config=polling_config()),
        kinesis_client=cloud.client("kinesis", config=polling_config()),
        table_stream_arn=table_stream,
        kinesis_stream_arn=kinesis_stream,
        **options,
    )


def delivered_bodies(cloud: Ministack, kinesis_stream: str) -> list[dict[str, Any]]:
    function = FakeFunction()
    mapping = settings(event_source_arn=kinesis_stream, batch_size=1000)
    runner = MappingRunner(settings=mapping, reader=stream_reader(mapping, cloud.client), invoke=function)
    runner.start()
    assert runner.wait_until_drained(10)
    assert runner.stop()
    return [json.loads(base64.b64decode(member["kinesis"]["data"])) for member in function.received]


@pytest.mark.local
def test_the_emulators_sequence_numbers_are_a_counter_and_milliseconds(cloud: Ministack) -> None:
    stream_arn = cloud.table("clock-table")
    table = cloud.client("dynamodb")
    for number in range(5):
        table.put_item(TableName="clock-table", Item={"id": {"S": "a"}, "n": {"N": str(number)}})
    streams = cloud.client("dynamodbstreams")
    shard = streams.describe_stream(StreamArn=stream_arn)["StreamDescription"]["Shards"][0]["ShardId"]
    iterator = streams.get_shard_iterator(StreamArn=stream_arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
    found = [one["dynamodb"] for one in streams.get_records(ShardIterator=iterator["ShardIterator"])["Records"]]
    counters = [int(one["SequenceNumber"][:-20]) for one in found]
    assert counters == list(range(counters[0], counters[0] + 5))
    for one in found:
        seconds = int(one["SequenceNumber"][-20:]) / 1000
        assert abs(seconds - one["ApproximateCreationDateTime"].timestamp()) <= 1


@pytest.mark.local
def test_changes_of_a_table_arrive_on_the_stream_in_order_with_rising_times(cloud: Ministack) -> None:
    table_stream, kinesis_stream = cloud.table("forward-table", "NEW_AND_OLD_IMAGES"), cloud.stream("forwarded", 3)
    table = cloud.client("dynamodb")
    forwarder = forward(cloud, table_stream, kinesis_stream)
    forwarder.start()
    for number in range(20):
        for key in "abc":
            table.put_item(TableName="forward-table", Item={"id": {"S": key}, "n": {"N": str(number)}})
    table.delete_item(TableName="forward-table", Key={"id": {"S": "a"}})
    assert forwarder.wait_until_drained(10)
    assert forwarder.stop()
    status = forwarder.status()
    assert (status.records_put, status.put_failures) == (61, 0)
    bodies = delivered_bodies(cloud, kinesis_stream)
    assert len(bodies) == 61
    assert {body["tableName"] for body in bodies} == {"forward-table"}
    for key in "abc":
        mine = [body["dynamodb"] for body in bodies if body["dynamodb"]["Keys"]["id"]["S"] == key]
        assert [one["NewImage"]["n"]["N"] for one in mine if "NewImage" in one] == [str(n) for n in range(20)]
        times = [one["ApproximateCreationDateTime"] for one in mine]
        assert times == sorted(set(times))
    removed = next(body for body in bodies if body["eventName"] == "REMOVE")
    assert removed["dynamodb"]["OldImage"]["n"] == {"N": "19"}


@pytest.mark.local
def test_a_change_too_large_for_the_stream_holds_nothing_up(cloud: Ministack) -> None:
    table_stream, kinesis_stream = cloud.table("large-table"), cloud.stream("large")
    table = cloud.client("dynamodb")
    many = {"L": [{"BOOL": True}] * 90_000}  # 90 KB in DynamoDB, 1.2 MB as JSON
    for key, flags in (("before", {"L": []}), ("large", many), ("after", {"L": []})):
        table.put_item(TableName="large-table", Item={"id": {"S": key}, "flags": flags})
    forwarder = forward(cloud, table_stream, kinesis_stream)
    forwarder.start()
    assert forwarder.wait_until_drained(20)
    assert forwarder.stop()
    arrived = [body["dynamodb"]["Keys"]["id"]["S"] for body in delivered_bodies(cloud, kinesis_stream)]
    assert arrived == ["before", "after"]
    assert (forwarder.status().changes_skipped, forwarder.status().put_failures) == (1, 0)


@pytest.mark.local
def test_a_second_forwarder_puts_the_same_bytes_again(cloud: Ministack) -> None:
    table_stream = cloud.table("twice-table")
    table = cloud.client("dynamodb")
    for number in range(100):
        table.put_item(TableName="twice-table", Item={"id": {"S": str(number % 7)}, "n": {"N": str(number)}})
    outcomes = []
    for name in ("once", "twice"):
        kinesis_stream = cloud.stream(name)
        forwarder = forward(cloud, table_stream, kinesis_stream)
        forwarder.start()
        assert forwarder.wait_until_drained(10)
        assert forwarder.stop()
        outcomes.append(delivered_bodies(cloud, kinesis_stream))
    assert len(outcomes[0]) == 100
    assert outcomes[0] == outcomes[1]


@pytest.mark.local
def test_a_misbehaving_forwarder_still_delivers_every_change(cloud: Ministack) -> None:
    table_stream, kinesis_stream = cloud.table("messy-table"), cloud.stream("messy")
    table = cloud.client("dynamodb")
    forwarder = forward(cloud, table_stream, kinesis_stream, duplicate_probability=0.3, reorder_window=8, seed=7)
    forwarder.start()
    for number in range(60):
        table.put_item(TableName="messy-table", Item={"id": {"S": "a"}, "n": {"N": str(number)}})
    assert forwarder.wait_until_drained(10)
    assert forwarder.stop()
    arrived = [int(body["dynamodb"]["NewImage"]["n"]["N"]) for body in delivered_bodies(cloud, kinesis_stream)]
    assert set(arrived) == set(range(60))
    assert len(arrived) > 60
    assert arrived != sorted(arrived)
