"""A backfill's pages: versions, margins, ages, early hand-backs, and items that can't be written."""

import json
from typing import Any

import pytest

from changefeed.backfill.function import BackfillEnvironment, backfill_function
from changefeed.backfill.page import PageReader, event_key, server_time
from changefeed.backfill.request import BackfillRequest
from changefeed.errors import ItemReadError, SuspectedEnvironmentError
from lambda_kit.errors import SettingsError
from tests.changefeed.backfill_rig import invoke, scanned, scanned_rig
from tests.changefeed.consumer_rig import Rig
from tests.changefeed.records import TABLE, item, stream_record
from tests.fakes import NOW, FakeContext, Fault, bulk_actions, client_error

MARGIN_SECONDS = 60


def rig_with(*keys: str, **parts: Any) -> Rig:
    rig = scanned_rig(**parts)
    for key in keys:
        rig.table.put(item(key))
    return rig


def versions(rig: Rig) -> list[int]:
    return [target["version"] for body in rig.index.requests for _, target, _ in bulk_actions(body)]


def test_whole_table_is_written_page_by_page_with_external_versions() -> None:
    rig = rig_with(*"abcde")
    answer = invoke(rig, page_limit=2)
    assert answer == {
        "done": True,
        "next_key": None,
        "items": 5,
        "written": 5,
        "superseded": 0,
        "parked": 0,
        "unindexed": 0,
        "retryable": 0,
        "reasons": [],
        "pages": 3,
        "read_units": 2.5,
    }
    assert set(rig.index.documents) == set("abcde")
    assert all(b'"version_type":"external"}' in body for body in rig.index.requests)


def test_each_item_is_read_once_although_its_version_is_a_minute_old() -> None:
    rig = rig_with("a")
    invoke(rig)
    assert rig.table.reads == []
    rig = rig_with("a", trust_seconds=0.0)  # trust is about a feed's images; this one has just been read
    invoke(rig)
    assert rig.table.reads == []


def test_version_is_the_answers_time_before_the_page_less_a_minute() -> None:
    rig = rig_with("a", "b")
    scanned(rig).seconds_a_scan = 7.0
    invoke(rig, page_limit=1)
    # The first page's time is that of describing the table, the second's that of the first page's answer.
    assert versions(rig) == [(int(NOW) - MARGIN_SECONDS) * 1_000_000, (int(NOW) + 7 - MARGIN_SECONDS) * 1_000_000]


@pytest.mark.parametrize("skew_seconds", [-3600.0, 3600.0])
def test_this_machines_clock_has_no_say_in_the_version(skew_seconds: float) -> None:
    rig = rig_with("a", skew_seconds=skew_seconds)
    invoke(rig)
    assert versions(rig) == [(int(NOW) - MARGIN_SECONDS) * 1_000_000]


def test_an_answer_without_a_date_is_no_reason_to_guess() -> None:
    with pytest.raises(ItemReadError, match="Date"):
        server_time({"ResponseMetadata": {"HTTPHeaders": {}}})


def test_newer_documents_stay() -> None:
    rig = rig_with("a", "b")
    rig.index.documents["a"] = (int(NOW) * 1_000_000, {"id": "a", "n": "newer"})
    answer = invoke(rig)
    assert (answer["written"], answer["superseded"]) == (1, 1)
    assert rig.index.documents["a"][1] == {"id": "a", "n": "newer"}


def test_an_item_deleted_meanwhile_is_not_resurrected_however_late_its_page_is_written() -> None:
    rig = rig_with("a", "b")

    def delete_and_dawdle() -> None:
        rig.table.delete(item("a"))
        record = stream_record(item("a"), seconds=rig.clock.now, operation="REMOVE")
        assert rig.invoke([record]) == []
        rig.clock.now += 100  # the index has forgotten the delete

    rig.index.faults.append(Fault(status=429, meanwhile=delete_and_dawdle))
    answer = invoke(rig, seconds=300)
    assert answer["done"]
    assert set(rig.index.documents) == {"b"}
    assert len(rig.table.reads) == 1, "the page was read again before it was sent again"


def test_a_page_that_waited_for_its_answer_too_long_is_read_again() -> None:
    rig = rig_with("a")
    scanned(rig).seconds_a_scan = 31.0
    invoke(rig)
    assert len(rig.table.reads) == 1


def test_a_page_that_could_not_be_written_is_where_it_goes_on() -> None:
    rig = rig_with(*"abc")
    rig.index.faults.extend([None, *[Fault(status=429)] * 100])
    answer = invoke(rig, page_limit=1, seconds=60)
    assert (answer["done"], answer["next_key"], answer["items"]) == (False, {"id": {"S": "a"}}, 1)
    assert (answer["retryable"], answer["reasons"]) == (1, ["rejected_execution_exception_429"])
    rig.index.faults.clear()
    answer = invoke(rig, page_limit=1, start_key=answer["next_key"])
    assert (answer["done"], answer["items"]) == (True, 2)
    assert set(rig.index.documents) == set("abc")


def test_it_hands_back_in_time_and_goes_on_there() -> None:
    rig = rig_with(*"abcdef")
    scanned(rig).seconds_a_scan = 4.0
    first = invoke(rig, page_limit=1, seconds=24)
    assert not first["done"]
    assert 1 <= first["items"] < 6
    second = invoke(rig, page_limit=1, start_key=first["next_key"], max_seconds=7)
    assert not second["done"]
    third = invoke(rig, page_limit=1, start_key=second["next_key"], seconds=900)
    assert third["done"]
    assert first["items"] + second["items"] + third["items"] == 6
    assert set(rig.index.documents) == set("abcdef")


def test_a_page_always_gets_its_chance_however_little_time_there_is() -> None:
    rig = rig_with(*"ab")
    assert invoke(rig, page_limit=1, max_seconds=0.001)["items"] == 1


def test_a_throttled_scan_hands_back_with_its_reason() -> None:
    rig = rig_with("a")
    scanned(rig).scan_failures.append(client_error("ProvisionedThroughputExceededException", "Scan"))
    answer = invoke(rig)
    assert (answer["done"], answer["next_key"], answer["pages"]) == (False, None, 0)
    assert answer["reasons"] == ["scan of lab-table failed: ProvisionedThroughputExceededException."]


def test_a_refused_start_key_is_an_error() -> None:
    rig = rig_with("a")
    scanned(rig).scan_failures.append(client_error("ValidationException", "Scan"))
    with pytest.raises(SettingsError, match="ValidationException"):
        invoke(rig)


def test_segments_divide_the_table() -> None:
    rig = rig_with(*"abcdefgh")
    counts = [invoke(rig, segment=segment, total_segments=3)["items"] for segment in range(3)]
    assert sum(counts) == 8
    assert max(counts) < 8
    assert set(rig.index.documents) == set("abcdefgh")


def test_poison_is_parked_by_its_key_and_its_neighbours_land() -> None:
    rig = rig_with("a", "c")
    rig.table.put(item("b", poison={"S": "x"}))
    answer = invoke(rig)
    assert (answer["written"], answer["parked"], answer["done"]) == (2, 1, True)
    [message] = rig.queue.messages
    assert message["kind"] == "parked_record"
    assert message["keys"] == {"id": {"S": "b"}}
    assert message["reason"]["code"] == "mapper_parsing_exception"
    assert message["version"] == (int(NOW) - MARGIN_SECONDS) * 1_000_000
    assert message["sequence_number"] is None
    assert "poison" not in json.dumps(message["record"]), "the table has the item; the queue needs its key"


def test_poison_that_was_mended_after_its_page_was_read_is_not_parked() -> None:
    rig = rig_with()
    rig.table.put(item("a", poison={"S": "x"}))
    scanned(rig).while_answering = lambda: rig.table.put(item("a", mended={"S": "x"}))
    assert invoke(rig)["written"] == 1
    assert rig.queue.messages == []


def test_a_page_whose_parking_fails_is_not_settled() -> None:
    rig = rig_with()
    rig.table.put(item("a", poison={"S": "x"}))
    rig.queue.failures.append(client_error("InternalError", "SendMessage"))
    answer = invoke(rig)
    assert (answer["done"], answer["parked"], answer["pages"]) == (False, 0, 0)
    assert answer["reasons"] == ["The parking queue did not take a record: ClientError."]
    assert invoke(rig)["parked"] == 1


def test_a_page_that_is_mostly_rejected_blames_the_index_and_parks_nothing() -> None:
    rig = rig_with()
    for number in range(9):
        rig.table.put(item(f"{number}", poison={"S": "x"}))
    with pytest.raises(SuspectedEnvironmentError, match="mapper_parsing_exception"):
        invoke(rig)
    assert rig.queue.messages == []
    assert invoke(rig, page_limit=4)["parked"] == 9


def test_binary_keys_come_back_as_they_went() -> None:
    rig = scanned_rig()
    rig.table.key_schema = {"id": "B"}
    for number in range(4):
        rig.table.put({"id": {"B": bytes([number, 255])}, "data": {"B": b"x"}, "poison": {"BOOL": True}})
    answer = invoke(rig, page_limit=2, max_seconds=0.001)
    assert answer["next_key"] == {"id": {"B": "Af8="}}
    assert json.loads(json.dumps(answer)) == answer
    assert invoke(rig, page_limit=2, start_key=answer["next_key"])["parked"] == 2
    assert [message["keys"]["id"]["B"] for message in rig.queue.messages] == ["AP8=", "Af8=", "Av8=", "A/8="]
    assert event_key({"id": {"S": "a"}, "n": {"N": "1"}}) == {"id": {"S": "a"}, "n": {"N": "1"}}


def test_read_capacity_is_kept_and_pages_get_small() -> None:
    rig = rig_with(*(f"{number:03}" for number in range(200)))
    answer = invoke(rig, read_units_per_second=5, seconds=900)
    assert answer["done"]
    assert rig.clock.now - NOW >= answer["read_units"] / 5 - 2
    assert all(scan["Limit"] <= 10 for scan in scanned(rig).scans), "no more than a second's worth at once"


def test_pages_keep_their_limit_at_a_limited_rate() -> None:
    rig = rig_with(*(f"{number:03}" for number in range(10)))
    assert invoke(rig, read_units_per_second=500, page_limit=3, seconds=900)["done"]
    assert [scan["Limit"] for scan in scanned(rig).scans] == [3, 3, 3, 3]


def test_a_pause_that_does_not_fit_is_left_to_the_driver() -> None:
    rig = rig_with(*(f"{number:03}" for number in range(200)))
    answer = invoke(rig, read_units_per_second=0.01, seconds=60)
    assert (answer["done"], answer["items"]) == (False, 1)
    assert rig.clock.now - NOW < 1


def test_the_table_is_asked_for_its_keys_once_an_invocation() -> None:
    rig = rig_with("a")
    rig.table.key_schema = {"id": "S"}
    reader = PageReader(table_name=TABLE, client=rig.table, clock=rig.clock)
    page = reader(segment=0, total_segments=1, start_key=None, limit=5)
    assert [change.keys for change in page.changes] == [{"id": {"S": "a"}}]


GOOD = {"consumer": "c", "segment": 0, "total_segments": 4}


def test_optional_fields_may_be_null() -> None:
    request = BackfillRequest.from_event({**GOOD, "start_key": None, "page_limit": None})
    assert (request.start_key, request.page_limit) == (None, 1000)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("segment", 4),
        ("segment", -1),
        ("segment", None),
        ("segment", "0"),
        ("total_segments", 0),
        ("page_limit", 0),
        ("page_limit", 1001),
        ("read_units_per_second", 0),
        ("read_units_per_second", "fast"),
        ("max_seconds", -1),
        ("surprise", 1),
        ("consumer", None),
    ],
)
def test_a_wrong_event_is_refused_by_field(field: str, value: object) -> None:
    with pytest.raises(SettingsError, match=field):
        BackfillRequest.from_event({**GOOD, field: value})


ENVIRONMENT = {
    "OPENSEARCH_ENDPOINT": "http://127.0.0.1:9",
    "AWS_REGION": "eu-west-1",
    "TABLE_NAME": TABLE,
    "CONSUMERS": '{"sync_dynamodb_stream": {"index": "i", "parking_queue_url": "https://q"}}',
}


def test_environment_tells_all_its_problems_at_once() -> None:
    with pytest.raises(SettingsError) as error:
        BackfillEnvironment.from_env({"OPENSEARCH_ENDPOINT": "http://evil.example", "CONSUMERS": '{"a": {"b": 1}}'})
    for name in ("OPENSEARCH_ENDPOINT", "AWS_REGION", "TABLE_NAME", "CONSUMERS"):
        assert name in str(error.value)


def test_function_refuses_a_consumer_that_it_does_not_know() -> None:
    handler = backfill_function(BackfillEnvironment.from_env(ENVIRONMENT))
    with pytest.raises(SettingsError, match="there are sync_dynamodb_stream"):
        handler({**GOOD, "consumer": "nobody"}, FakeContext(clock=rig_with().clock))
