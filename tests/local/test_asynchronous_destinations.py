"""What a destination gets: AWS's record, word for word, in each service's way."""

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.runners.asynchronous.destinations import Destinations
from local.runners.asynchronous.event import Ended, accepted
from local.runners.asynchronous.invocation_record import invocation_record
from local.runners.invocation import InvokeResult
from tests.local.asynchronous_fakes import DONE, ERROR, FUNCTION_ARN, NOW, settings
from tests.service_models.fake_client import speaks

TRIED = replace(accepted("id-1", [{"body": "b"}], NOW), attempts=3, last_result=ERROR)
FAILED = Ended(event=TRIED, condition="RetriesExhausted")
SUCCEEDED = Ended(event=replace(TRIED, attempts=1, last_result=DONE), condition="Success")
QUEUE, TOPIC = "arn:aws:sqs:us-east-1:000000000000:q", "arn:aws:sns:us-east-1:000000000000:t"
BUS, OTHER = "arn:aws:events:us-east-1:000000000000:event-bus/b", "arn:aws:lambda:us-east-1:000000000000:function:o"


@speaks("sqs", "events")
class Calls:
    """A boto3 client of any service: remembers its calls."""

    def __init__(self) -> None:
        self.made: list[tuple[str, dict[str, Any]]] = []
        self.failed_entries = 0
        self.meta = SimpleNamespace(endpoint_url="http://aws")

    def put_events(self, **arguments: Any) -> dict[str, Any]:
        self.made.append(("put_events", arguments))
        return {"FailedEntryCount": self.failed_entries, "Entries": [{"ErrorCode": "ThrottlingException"}]}

    def __getattr__(self, name: str) -> Any:
        return lambda **arguments: self.made.append((name, arguments))


def delivered(ended: Ended, **arns: str) -> tuple[str, dict[str, Any]]:
    client = Calls()
    assert Destinations(settings=settings(**arns), client=lambda _service: client).deliver(ended, NOW)
    ((name, arguments),) = client.made
    return name, arguments


def test_the_record_of_a_failure_is_that_of_aws() -> None:
    assert invocation_record(FAILED, settings(), NOW) == {
        "version": "1.0",
        "timestamp": "2023-11-14T22:13:20.000Z",
        "requestContext": {
            "requestId": "id-1",
            "functionArn": f"{FUNCTION_ARN}:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
        },
        "requestPayload": [{"body": "b"}],
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "responsePayload": {"errorType": "E", "errorMessage": "r: code: text"},
    }


def test_the_record_of_a_success_has_no_function_error() -> None:
    record = invocation_record(SUCCEEDED, settings(), NOW)
    assert record["requestContext"]["condition"] == "Success"
    assert record["responseContext"] == {"statusCode": 200, "executedVersion": "$LATEST"}
    assert record["responsePayload"] == {"state": "succeeded"}


def test_an_event_that_was_never_tried_has_no_response() -> None:
    record = invocation_record(Ended(event=accepted("id", {}, NOW), condition="EventAgeExceeded"), settings(), NOW)
    assert record["requestContext"]["approximateInvokeCount"] == 0
    assert not {"responseContext", "responsePayload"} & record.keys()


def test_a_queue_a_topic_and_a_function_get_the_record_itself() -> None:
    record = invocation_record(FAILED, settings(), NOW)
    name, arguments = delivered(FAILED, on_failure_arn=QUEUE)
    assert (name, arguments["QueueUrl"], json.loads(arguments["MessageBody"])) == (
        "send_message",
        "http://aws/000000000000/q",
        record,
    )
    name, arguments = delivered(FAILED, on_failure_arn=TOPIC)
    assert (name, arguments["TopicArn"], json.loads(arguments["Message"])) == ("publish", TOPIC, record)
    name, arguments = delivered(FAILED, on_failure_arn=OTHER)
    assert (name, arguments["FunctionName"], arguments["InvocationType"]) == ("invoke", OTHER, "Event")
    assert json.loads(arguments["Payload"]) == record


@pytest.mark.parametrize(("ended", "outcome"), [(FAILED, "Failure"), (SUCCEEDED, "Success")])
def test_a_bus_gets_it_as_the_detail_of_an_event(ended: Ended, outcome: str) -> None:
    _, arguments = delivered(ended, on_success_arn=BUS, on_failure_arn=BUS)
    (entry,) = arguments["Entries"]
    assert json.loads(entry.pop("Detail")) == invocation_record(ended, settings(), NOW)
    assert entry == {
        "Source": "lambda",
        "DetailType": f"Lambda Function Invocation Result - {outcome}",
        "Resources": [BUS, f"{FUNCTION_ARN}:$LATEST"],
        "EventBusName": BUS,
    }


def test_an_entry_that_the_bus_refuses_is_not_delivered() -> None:
    client = Calls()
    client.failed_entries = 1
    with pytest.raises(RuntimeError, match="ThrottlingException"):
        Destinations(settings=settings(on_failure_arn=BUS), client=lambda _: client).deliver(FAILED, NOW)


def test_an_end_without_a_destination_sends_nothing() -> None:
    destinations = Destinations(settings=settings(on_failure_arn=QUEUE), client=lambda _service: Calls())
    assert destinations.deliver(SUCCEEDED, NOW) is False


def test_a_destination_that_is_not_emulated_is_told_at_the_start() -> None:
    with pytest.raises(ValueError, match="firehose"):
        Destinations(
            settings=settings(on_failure_arn="arn:aws:firehose:us-east-1:0:deliverystream/d"),
            client=lambda _service: Calls(),
        )


@given(payload=st.binary(max_size=50))
def test_whatever_a_function_answers_makes_a_record_that_is_json(payload: bytes) -> None:
    event = replace(TRIED, last_result=InvokeResult(status_code=200, payload=payload))
    assert json.loads(json.dumps(invocation_record(Ended(event=event, condition="Success"), settings(), NOW)))
