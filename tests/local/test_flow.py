"""The whole flow in the local stack: both feeds, an outage of the index, dying consumers, misfits, and equality."""

import json
import threading
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests

from demo.checks import parked_messages, wait_for
from demo.disaster import kill_consumers
from demo.item_json import to_item
from demo.misfits import parked_with, put_foreign_record
from demo.proof import prove
from local.layout import Layout
from local.services.aws_client import aws_client
from local.services.ministack import REGION
from local.services.ports import free_port
from local.stack import NOWHERE, LocalStack
from ops.batch_write import write_all
from tests.local.dead_ends import dead_ends

pytestmark = pytest.mark.local

PATIENCE_SECONDS = 90


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    layout = Layout(directory=Path(tmp_path_factory.mktemp("stack")))
    with LocalStack(
        layout=layout, aws_port=free_port(4800, 4899), opensearch_port=free_port(9260, 9279), say=lambda _: None
    ) as running:
        yield running


@pytest.fixture(scope="module")
def dynamodb(stack: LocalStack) -> Any:
    return aws_client(stack.outputs["aws_endpoint_url"], REGION, "dynamodb")


def put(stack: LocalStack, dynamodb: Any, *items: dict[str, Any]) -> None:
    write_all(dynamodb, stack.outputs["table_name"], [{"PutRequest": {"Item": to_item(item)}} for item in items])


def assert_equal(stack: LocalStack, dynamodb: Any) -> None:
    """Both indexes hold exactly the table's items."""
    for index in stack.outputs["indexes"].values():
        comparison = prove(
            dynamodb,
            stack.outputs["table_name"],
            stack.outputs["opensearch_url"],
            index,
            settle_seconds=PATIENCE_SECONDS,
        )
        assert comparison.equal, (index, comparison)


def landed(stack: LocalStack, key: str) -> list[str]:
    """The document's text in each index, as soon as it is in all of them."""
    indexes = stack.outputs["indexes"].values()

    def sources() -> list[str]:
        answers = [
            requests.get(f"{stack.outputs['opensearch_url']}/{index}/_source/{key}", timeout=10) for index in indexes
        ]
        return [answer.text for answer in answers if answer.status_code == 200]

    assert wait_for(lambda: len(sources()) == len(indexes), PATIENCE_SECONDS)
    return sources()


def test_the_same_item_gives_the_same_document_by_both_feeds(stack: LocalStack, dynamodb: Any) -> None:
    item = {
        "id": "every-type",
        "text": "Zoë | 100% \u2603",
        "number": Decimal("12345678901234567890123456789012345678"),
        "fraction": Decimal("-0.00000000000000000000000000000000000001"),
        "flag": True,
        "nothing": None,
        "list": ["a", "b"],
        "maps": [{"deep": [Decimal("1.5")]}, {}],
        "map": {"a.b": "dots", "": "empty name"},
        "_id": "reserved",
    }
    raw = to_item(item) | {
        "texts": {"SS": ["b", "a"]},
        "numbers": {"NS": ["10", "9", "1.5"]},
        "binary": {"B": b"\x00\xff"},
        "binaries": {"BS": [b"b", b"a"]},
    }
    dynamodb.put_item(TableName=stack.outputs["table_name"], Item=raw)
    first, second = (json.loads(text, parse_int=str, parse_float=str) for text in landed(stack, "every-type"))
    assert first == second
    assert first["number"] == "12345678901234567890123456789012345678"
    assert first["numbers"] == ["1.5", "9", "10"]
    assert first["texts"] == ["a", "b"]
    assert (first["binary"], first["binaries"]) == ("AP8=", ["YQ==", "Yg=="])
    dynamodb.delete_item(TableName=stack.outputs["table_name"], Key={"id": {"S": "every-type"}})


def test_an_item_that_the_mapping_refuses_lands_and_so_do_its_neighbours(stack: LocalStack, dynamodb: Any) -> None:
    good = [{"id": f"good-{number}", "place": "here"} for number in range(10)]
    # The first to land gives the field its type. By Kinesis, whose shards don't wait for each other, that may be any.
    put(stack, dynamodb, good[0])
    landed(stack, "good-0")
    put(stack, dynamodb, *good[1:5], {"id": "refused", "place": {"is": "a map"}}, *good[5:])
    for text in landed(stack, "refused"):
        assert json.loads(text) == {
            "id": "refused", "%unindexed": {"place": {"is": "a map"}}, "%unindexed_attributes": 1,
        }  # fmt: skip
    assert_equal(stack, dynamodb)
    assert not any(parked_messages(stack.outputs).values())
    put(stack, dynamodb, {"id": "refused", "place": "repaired"})
    assert_equal(stack, dynamodb)
    assert [json.loads(text) for text in landed(stack, "refused")] == [{"id": "refused", "place": "repaired"}] * 2


def test_every_output_leads_somewhere(stack: LocalStack) -> None:
    assert dead_ends(stack.outputs) == []


def test_outputs_that_lead_nowhere_are_found(stack: LocalStack) -> None:
    exports = {
        "dashboards_url": f"{stack.outputs['opensearch_url']}/_dashboards",
        "event_source_mappings": {"sync_kinesis_stream": "1c02c411-ecde-5f89-809b-7430ea2ff826"},
        "images": {"scilearn": "000000000000.dkr.ecr.us-east-1.amazonaws.com/scilearn@sha256:aa49"},
    }
    assert exports.keys() == set(NOWHERE)
    assert dead_ends(stack.outputs | exports) == sorted(exports)
    queues = {name: f"{url}-not" for name, url in stack.outputs["dead_letter_queues"].items()}
    assert dead_ends(stack.outputs | {"dead_letter_queues": queues}) == ["dead_letter_queues"]


def test_a_foreign_record_is_parked_once_and_its_neighbours_land(stack: LocalStack, dynamodb: Any) -> None:
    put(stack, dynamodb, *({"id": f"beside-{number}"} for number in range(5)))
    data = put_foreign_record(stack.outputs)
    put(stack, dynamodb, *({"id": f"beside-{number}"} for number in range(5, 10)))
    assert wait_for(lambda: any(parked_messages(stack.outputs).values()), PATIENCE_SECONDS)
    time.sleep(2)  # a second parking would come with a retry, within moments
    parked = parked_messages(stack.outputs)
    (message,) = parked.pop("sync_kinesis_stream")
    assert parked_with([message], data) == [message]
    assert message["reason"]["code"] == "not_a_dynamodb_change"
    assert not any(parked.values())
    assert_equal(stack, dynamodb)


def test_an_outage_of_the_index_and_dying_consumers_lose_nothing(stack: LocalStack, dynamodb: Any) -> None:
    table = stack.outputs["table_name"]
    ended = threading.Event()

    def load() -> None:
        number = 0
        while not ended.is_set():
            number += 1
            put(stack, dynamodb, *({"id": f"load-{key}", "n": number} for key in range(number % 7, 200, 7)))
            dynamodb.delete_item(TableName=table, Key={"id": {"S": f"load-{number % 200}"}})

    writer = threading.Thread(target=load)
    writer.start()
    try:
        time.sleep(2)
        assert kill_consumers() > 0
        stack.stop_node()
        time.sleep(20)
        kill_consumers()
        stack.start_node()
        time.sleep(2)
        kill_consumers()
        time.sleep(1)
    finally:
        ended.set()
        writer.join()
    assert_equal(stack, dynamodb)
    mappings = stack.parts("mapping")
    assert mappings.keys() == stack.outputs["indexes"].keys()
    for consumer, runner in mappings.items():
        assert runner.status().batches_sent_to_destination == 0, consumer


def test_a_closed_index_parks_nothing_and_is_caught_up_with(stack: LocalStack, dynamodb: Any) -> None:
    url, index = stack.outputs["opensearch_url"], stack.outputs["indexes"]["sync_dynamodb_stream"]
    parked_before = {consumer: len(messages) for consumer, messages in parked_messages(stack.outputs).items()}
    requests.post(f"{url}/{index}/_close", timeout=10).raise_for_status()
    put(stack, dynamodb, *({"id": f"closed-{number}", "n": number} for number in range(30)))
    time.sleep(4)
    requests.post(f"{url}/{index}/_open", timeout=10).raise_for_status()
    assert_equal(stack, dynamodb)
    assert {consumer: len(messages) for consumer, messages in parked_messages(stack.outputs).items()} == parked_before
