"""A fake that takes or answers what AWS wouldn't is found by the test that uses it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.service_models.fake_client import speaks

STREAM = "arn:aws:kinesis:us-east-1:123456789012:stream/s"


@speaks("sqs", "lambda")
class Fake:
    """Two services in one; what it answers is set by a test."""

    def __init__(self, **answer: Any) -> None:
        self.answer = answer

    def send_message(self, **arguments: Any) -> dict[str, Any]:
        return self.answer

    def invoke(self, **arguments: Any) -> dict[str, Any]:
        return self.answer

    def helper(self, anything: str) -> str:
        return anything


@speaks("dynamodbstreams", "kinesis")
class Stream:
    """A client of either service, whose operations have the same names."""

    def __init__(self, **record: Any) -> None:
        self.record = record

    def get_records(self, **arguments: Any) -> dict[str, Any]:
        return {"Records": [self.record]}


def test_what_aws_takes_and_answers_passes() -> None:
    metadata: dict[str, Any] = {"ResponseMetadata": {"HTTPHeaders": {}}}
    assert Fake(MessageId="1", **metadata).send_message(QueueUrl="u", MessageBody="b")["MessageId"] == "1"
    assert Fake(StatusCode=200).invoke(FunctionName="f") == {"StatusCode": 200}
    assert Fake().helper("any") == "any"
    assert Stream(eventID="1").get_records(ShardIterator="i")
    assert Stream(Data=b"1").get_records(ShardIterator="i")


@pytest.mark.parametrize(
    ("said", "operation", "arguments"),
    [
        ("Unknown parameter", "send_message", {"QueueUrl": "u", "MessageBody": "b", "Body": "b"}),
        ("Missing required parameter", "send_message", {"QueueUrl": "u"}),
        ("InvocationType: none of", "invoke", {"FunctionName": "f", "InvocationType": "Later"}),
        ("FunctionName: not like", "invoke", {"FunctionName": "a function"}),
    ],
)
def test_a_call_that_aws_refuses_fails(said: str, operation: str, arguments: dict[str, Any]) -> None:
    with pytest.raises(AssertionError, match=f"AWS would refuse.*{said}"):
        getattr(Fake(), operation)(**arguments)


@pytest.mark.parametrize("answer", [{"Id": "1"}, {"MessageId": 1}, {"MessageId": None}])
def test_an_answer_that_aws_never_gives_fails(answer: dict[str, Any]) -> None:
    with pytest.raises(AssertionError, match="AWS never answers send_message so"):
        Fake(**answer).send_message(QueueUrl="u", MessageBody="b")


def test_a_mixture_of_two_services_answers_fails() -> None:
    with pytest.raises(AssertionError, match="AWS never answers get_records so"):
        Stream(eventID="1", Data=b"1").get_records(ShardIterator="i")
