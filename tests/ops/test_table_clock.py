"""DynamoDB's time on an operator's machine: it is never ahead, however long the answer takes."""

from unittest.mock import Mock

import pytest
from botocore.exceptions import ClientError

from changefeed.write.bulk_writer import BulkWriter
from ops.redrive.parts import redrive_of
from ops.redrive.run import Choice
from ops.redrive.settler import Settler
from ops.stack import Consumer, Stack
from ops.table_clock import dynamodb_time, table_clock
from tests.fakes import FakeClock


def test_it_runs_on_from_the_answer_and_asks_once() -> None:
    stopwatch = FakeClock(now=50.0)
    asked = 0

    def now() -> int:
        nonlocal asked
        asked += 1
        stopwatch.now += 7  # on its way back, maybe
        return 1_000_000_000

    clock = table_clock(now, stopwatch)
    assert clock() == 1_000.0
    stopwatch.now += 2.5
    assert (clock(), asked) == (1_002.5, 1)


def test_a_refusal_tells_the_time_as_well_as_an_answer() -> None:
    date = {"ResponseMetadata": {"HTTPHeaders": {"date": "Fri, 02 Jan 2026 03:04:05 GMT"}}}
    refusal = ClientError({"Error": {"Code": "AccessDeniedException", "Message": ""}, **date}, "DescribeTable")
    answering, refusing = Mock(), Mock()
    answering.describe_table.return_value = date
    refusing.describe_table.side_effect = refusal
    assert dynamodb_time(answering, "t") == dynamodb_time(refusing, "t") == 1_767_323_045_000_000


def test_a_redrives_writer_goes_by_dynamodbs_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """By this machine's, a state that was read could win against changes that are still to come."""
    monkeypatch.setattr("ops.redrive.parts.dynamodb_time", lambda _client, _table: 1_000_000_000)
    arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/t/stream/1"
    outputs = {"table_name": "t", "table_stream_arn": arn, "opensearch_url": "http://127.0.0.1:9"}
    stack = Stack(name="test", outputs=outputs)
    monkeypatch.setattr(Stack, "client", lambda *_, **__: Mock())
    consumer = Consumer(
        name="c",
        index="i",
        function=None,
        dead_letter_queue_url=None,
        failure_destination_arn=None,
        event_source_mapping=None,
    )
    redrive = redrive_of(stack, consumer, Choice())
    assert isinstance(redrive.settle, Settler)
    assert isinstance(redrive.settle.write, BulkWriter)
    assert 1_000.0 <= redrive.settle.write.clock() < 1_060.0
