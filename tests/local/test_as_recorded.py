"""Retries, answers and reports of failure, each as AWS was recorded, or as docs/local.md says that it differs.

The facts are those of LocalStack's recordings of AWS (`*.snapshot.json`, 2025): counts, names and their order. The
values are our own. What the records themselves look like is in test_as_recorded_records.py.
"""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from local.runners.mapping.destination import failure_destination
from local.runners.mapping.failure_record import failure_object_key
from tests.local.as_recorded import ROWS, UNRECORDED, Case
from tests.local.asynchronous_fakes import FUNCTION_ARN
from tests.local.mapping_fakes import settings
from tests.local.recorded_plays import BUS, Function, answering, failing, play, play_event, reporting
from tests.streams.stream_fakes import KINESIS_ARN, NOW

FOUR = [0.0, 0.0, 0.0, 0.0]
OUTER = ["requestContext", "responseContext", "version", "timestamp"]
CONTEXT = ["requestId", "functionArn", "condition", "approximateInvokeCount"]
INFO = ["shardId", "startSequenceNumber", "endSequenceNumber", "approximateArrivalOfFirstRecord",
        "approximateArrivalOfLastRecord", "batchSize", "streamArn"]  # fmt: skip
EVENT = ["version", "timestamp", "requestContext", "requestPayload", "responseContext", "responsePayload"]


def message(arn: str) -> tuple[list[str], list[str], list[str], str]:
    made = play(failing, [-0.25], maximum_retry_attempts=0, event_source_arn=arn).messages[0]
    info = made[list(made)[-1]]
    return list(made), list(made["requestContext"]), list(info), info["approximateArrivalOfFirstRecord"]


def bucket_object() -> tuple[list[str], type, bool]:
    made = play(failing, [0], maximum_retry_attempts=0).objects[0]
    key = r"aws/lambda/[0-9a-f-]{36}/shard/2023/11/14/2023-11-14T22\.13\.20-[0-9a-f-]{36}"
    return list(made), type(made["payload"]), bool(re.fullmatch(key, failure_object_key(settings(), "shard", NOW)))


def topic() -> str:
    with pytest.raises(ValueError, match="only SQS and S3"):
        failure_destination(settings(failure_destination_arn="arn:aws:sns:us-east-1:000000000000:t"), lambda _: None)
    return "refused"


def old_and_young(ages: list[float]) -> tuple[list[list[int]], list[int]]:
    played = play(answering("{}"), ages, maximum_record_age_seconds=60)
    return played.deliveries, [one["DDBStreamBatchInfo"]["batchSize"] for one in played.messages]


def delivered_once(payload: str) -> list[int]:
    (delivery,) = play(answering(payload), [0, 0], maximum_retry_attempts=3).deliveries
    return delivery


def aged(maximum_seconds: int) -> tuple[str, int, bool, bool, int]:
    """Returns its end, and how many waits there were: it is given up at once, not after one more."""
    played = play_event(Function(failures=3), maximum_event_age_seconds=maximum_seconds)
    return *played.end, len(played.waits)


def event_members(failures: int) -> tuple[str, int, tuple[list[str], list[str], list[str]]]:
    made = play_event(Function(failures=failures)).record
    context = made["requestContext"]
    names = (list(made), list(context), list(made["responseContext"]))
    return context["condition"], context["approximateInvokeCount"], names


DYNAMODB_ARN = settings().event_source_arn
NOT_A_NAME = '{"batchItemFailures": [{"foo": %s}]}'
IDENTIFIER = '{"batchItemFailures": [{"itemIdentifier": %s}]}'

CASES = [
    Case(
        situation="failure record to a queue",
        aws=[
            ([*OUTER, "DDBStreamBatchInfo"], CONTEXT, INFO, "2023-11-14T22:13:20Z"),
            ([*OUTER, "KinesisBatchInfo"], CONTEXT, INFO, "2023-11-14T22:13:20.250Z"),
        ],
        ours=lambda: [message(DYNAMODB_ARN), message(KINESIS_ARN)],
    ),
    Case(
        situation="failure record to a bucket",
        aws=([*OUTER, "DDBStreamBatchInfo", "payload"], str, True),
        ours=bucket_object,
    ),
    Case(situation="failure record to a topic", aws="delivered", ours=topic, here="refused"),
    Case(
        situation="function error, 1 retry",
        aws=(2, "RetryAttemptsExhausted", 2, True),
        ours=lambda: play(failing, [0], maximum_retry_attempts=1).end_of(1),
    ),
    Case(
        situation="`functionError` of item failures",
        aws={"statusCode": 200, "executedVersion": "$LATEST", "functionError": None},
        ours=lambda: play(reporting(1), [0], maximum_retry_attempts=0).messages[0]["responseContext"],
    ),
    Case(
        situation="identifier that is a number, empty, null, or has a wrong name; 3 retries",
        aws=[(4, "RetryAttemptsExhausted", 4, True)] * 5,
        ours=lambda: [
            play(answering(text), [0], maximum_retry_attempts=3).end_of(1)
            for text in (IDENTIFIER % 123, IDENTIFIER % '""', IDENTIFIER % "null", NOT_A_NAME % 1, NOT_A_NAME % "null")
        ],
    ),
    Case(
        situation="item failure inside a batch, 3 retries",
        aws=(5, "RetryAttemptsExhausted", 4, True),
        ours=lambda: play(reporting(4), FOUR, maximum_retry_attempts=3).end_of(4),
    ),
    Case(
        situation="the same with bisecting",
        aws=UNRECORDED,
        ours=lambda: play(reporting(4), FOUR, maximum_retry_attempts=3, bisect_batch_on_function_error=True).end_of(4),
        here=(5, "RetryAttemptsExhausted", 4, True),
    ),
    Case(
        situation="record that grows too old between retries",
        aws=("RecordAgeExceeded", 8, False),
        ours=lambda: play(failing, [45], maximum_record_age_seconds=60).end_of(1)[1:],
    ),
    Case(
        situation="record too old before its first invocation",
        aws=(0, "RecordAgeExceeded", 1, False),
        ours=lambda: play(failing, [90], maximum_record_age_seconds=60).end_of(1),
    ),
    Case(
        situation="one old record before five young ones",
        aws=([[2, 3, 4, 5, 6]], [1]),
        ours=lambda: old_and_young([90, 0, 0, 0, 0, 0]),
    ),
    Case(
        situation="answers `null`, `{}`, an empty list of failures, a null list",
        aws=[[1, 2]] * 4,
        ours=lambda: [
            delivered_once(text) for text in ("null", "{}", '{"batchItemFailures": []}', '{"batchItemFailures": null}')
        ],
    ),
    Case(situation="answer `[]`", aws=[1, 2], ours=lambda: delivered_once("[]")),
    Case(situation='answer `""`', aws=UNRECORDED, ours=lambda: delivered_once('""'), here=[1, 2]),
    Case(
        situation="record of an asynchronous success or failure",
        aws=[
            ("Success", 1, (EVENT, CONTEXT, ["statusCode", "executedVersion"])),
            ("RetriesExhausted", 3, (EVENT, CONTEXT, ["statusCode", "executedVersion", "functionError"])),
        ],
        ours=lambda: [event_members(failures) for failures in (0, 3)],
    ),
    Case(situation="attempts of one event", aws={"id"}, ours=lambda: play_event(Function(failures=3)).request_ids),
    Case(
        situation="waits between them",
        aws=[60, 120],
        ours=lambda: play_event(Function(failures=3)).waits,
        here=[1, 2],
    ),
    Case(
        situation="maximum age of 60 s and of 90 s, 2 retries",
        aws=[("EventAgeExceeded", 1, True, True, 0), ("EventAgeExceeded", 2, True, True, 1)],
        ours=lambda: [aged(60), aged(90)],
    ),
    Case(
        situation="reserved concurrency of 0",
        aws=(("ZeroReservedConcurrency", 0, False, False), []),
        ours=lambda: (play_event(Function(concurrency=0)).end, play_event(Function(concurrency=0)).waits),
    ),
    Case(
        situation="resources of a record on a bus",
        aws=[BUS, f"{FUNCTION_ARN}:$LATEST"],
        ours=lambda: play_event(Function()).on_a_bus["Resources"],
    ),
    Case(
        situation="its source and type",
        aws=[
            ("lambda", "Lambda Function Invocation Result - Success"),
            ("lambda", "Lambda Function Invocation Result - Failure"),
        ],
        ours=lambda: [
            (entry["Source"], entry["DetailType"])
            for entry in (play_event(Function(failures=failures)).on_a_bus for failures in (0, 3))
        ],
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.situation)
def test_it_is_as_recorded_or_as_the_page_says(case: Case) -> None:
    case.check()


@pytest.mark.parametrize(
    ("fault", "found"),
    [
        ({"situation": "answers of which nobody spoke"}, "no such row"),
        ({"aws": [1], "ours": lambda: [1, 2]}, "it is .1, 2., and not .1."),
        ({"here": [1]}, "otherwise of this stack"),
        ({"aws": UNRECORDED}, "otherwise of AWS"),
        ({"situation": "waits between them", "here": [1, 2]}, "no difference"),
        ({"situation": "waits between them", "here": [1], "ours": lambda: [1, 2]}, "it is .1, 2., and not .1."),
    ],
)
def test_a_case_that_is_not_so_is_found(fault: dict[str, Any], found: str) -> None:
    case = Case(situation="answer `[]`", aws=[1, 2], ours=lambda: [1, 2])
    case.check()
    with pytest.raises(AssertionError, match=found):
        replace(case, **fault).check()


def test_every_row_of_the_page_is_checked_but_those_of_which_nothing_is_here() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_as_recorded*.py"))
    unchecked = {situation: here for situation, (_, here) in ROWS.items() if situation not in sources}
    assert [situation for situation, here in unchecked.items() if not here.startswith("nothing")] == []
    assert len(ROWS) > len(CASES) + len(unchecked), "The other file's rows are on the page, too."
