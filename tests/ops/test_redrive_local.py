"""Redrive in a local stack: poison parked by the real flow, and batches that the runner gave up on both feeds."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from demo.checks import wait_for
from demo.item_json import to_item
from demo.proof import prove
from infra.sync.index import index_definition
from lambda_kit.unindexed import UNINDEXED
from local.layout import ROOT
from local.observation import count_messages
from local.runners.mapping.destination import failure_destination
from local.runners.mapping.runner import MappingRunner
from local.runners.mapping.start import stream_reader
from local.services.aws_client import aws_client
from local.services.ministack import REGION
from ops.redrive.parts import redrive_of
from ops.redrive.run import Choice
from ops.stack import Stack
from tests.local.api_stack import running_stack
from tests.local.mapping_fakes import FAILURE, settings

pytestmark = pytest.mark.local

PATIENCE_SECONDS = 30
CONSUMERS = ("sync_dynamodb_stream", "sync_kinesis_stream")
Outputs = dict[str, Any]


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(tmp_path_factory.mktemp("redrive"))


@pytest.fixture(scope="module")
def outputs(directory: Path) -> Iterator[Outputs]:
    with running_stack(directory) as running:
        (directory / "outputs.json").write_text(json.dumps(running))
        yield running


def redrive(outputs: Outputs, consumer: str, **choice: Any) -> dict[str, Any]:
    """One run, as the command does it."""
    stack = Stack(name="test", outputs=outputs)
    return redrive_of(stack, stack.consumer(consumer), Choice(**choice))().as_json()


def client(outputs: Outputs, service: str) -> Any:
    return aws_client(outputs["aws_endpoint_url"], REGION, service)


def put(outputs: Outputs, *items: dict[str, Any]) -> None:
    for item in items:
        client(outputs, "dynamodb").put_item(TableName=outputs["table_name"], Item=to_item(item))


def waiting(outputs: Outputs, consumer: str) -> int:
    return count_messages(client(outputs, "sqs"), outputs["dead_letter_queues"][consumer])


def assert_equal(outputs: Outputs, consumer: str) -> None:
    index, url = outputs["indexes"][consumer], outputs["opensearch_url"]
    found = prove(client(outputs, "dynamodb"), outputs["table_name"], url, index, settle_seconds=PATIENCE_SECONDS)
    assert found.equal, found


def forbid_maps_in_place(outputs: Outputs, consumer: str) -> None:
    """Has the index refuse a map in `place` in whatever form, as a definition of one's own may: items of ours land."""
    unindexed = {"dynamic": False, "properties": {"place": {"type": "text"}}}
    definition = index_definition(consumer)
    definition["mappings"]["properties"] |= {"place": {"type": "text"}, UNINDEXED: unindexed}
    index, url = outputs["indexes"][consumer], outputs["opensearch_url"]
    requests.delete(f"{url}/{index}", timeout=30).raise_for_status()
    requests.put(f"{url}/{index}", json=definition, timeout=30).raise_for_status()


def test_parked_poison_is_settled_once_its_item_is_mended(outputs: Outputs) -> None:
    for consumer in CONSUMERS:
        forbid_maps_in_place(outputs, consumer)
    put(outputs, {"id": "good", "place": "here"})
    for consumer in CONSUMERS:
        assert_equal(outputs, consumer)
    put(outputs, {"id": "poison", "place": {"is": "a map"}}, {"id": "brief", "place": {"is": "a map"}})
    for consumer in CONSUMERS:
        assert wait_for(lambda name=consumer: waiting(outputs, name) == 2, PATIENCE_SECONDS)  # type: ignore[misc]
        report = redrive(outputs, consumer)
        assert [(each["now"], each["count"]) for each in report["still_failing"]] == [("mapper_parsing_exception", 2)]
        assert sorted(each["ids"] for each in report["details"]) == [["brief"], ["poison"]]
        assert waiting(outputs, consumer) == 2
    put(outputs, {"id": "poison", "place": "repaired"})
    client(outputs, "dynamodb").delete_item(TableName=outputs["table_name"], Key={"id": {"S": "brief"}})
    for consumer in CONSUMERS:
        report = redrive(outputs, consumer)
        assert (report["found"], report["records"]["failing"], waiting(outputs, consumer)) == (2, 0, 0)
        assert_equal(outputs, consumer)


def test_the_command_says_that_nothing_is_left(outputs: Outputs, directory: Path) -> None:
    flags = ["--outputs", str(directory / "outputs.json"), "--yes", "--json"]
    command = [sys.executable, "-m", "ops", "redrive", CONSUMERS[0], *flags]
    ended = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["found"] == 0


@pytest.mark.parametrize("consumer", CONSUMERS)
def test_batches_that_were_given_up_are_read_again_from_the_stream(outputs: Outputs, consumer: str) -> None:
    put(outputs, *({"id": f"{consumer}-{n}", "n": n} for n in range(25)))
    assert_equal(outputs, consumer)
    # A second mapping of the same stream, whose function fails every time.
    kinesis = client(outputs, "kinesis")
    mapping = settings(
        event_source_arn=outputs["table_stream_arn"]
        if consumer == "sync_dynamodb_stream"
        else kinesis.describe_stream_summary(StreamName=outputs["kinesis_stream_name"])["StreamDescriptionSummary"][
            "StreamARN"
        ],
        batch_size=7,
        maximum_retry_attempts=0,
        failure_destination_arn=outputs["failure_destinations"][consumer],
    )
    runner = MappingRunner(
        settings=mapping,
        reader=stream_reader(mapping, lambda service, **_: client(outputs, service)),
        invoke=lambda _name, _event: FAILURE,
        deliver=failure_destination(mapping, lambda service: client(outputs, service)),
    )
    runner.start()
    try:
        assert runner.wait_until_drained(PATIENCE_SECONDS)
    finally:
        runner.stop()
    messages = waiting(outputs, consumer)
    assert messages >= 25 // 7
    # What the real function had written is lost to the index, with its guards.
    index = f"{outputs['opensearch_url']}/{outputs['indexes'][consumer]}"
    requests.put(f"{index}/_settings", json={"index.gc_deletes": "0s"}, timeout=10).raise_for_status()
    lost = [f"{consumer}-{n}" for n in range(0, 25, 2)]
    for key in lost:
        requests.delete(f"{index}/_doc/{key}", timeout=10).raise_for_status()
    time.sleep(1.2)  # guards are cleaned up by a timer, not at once
    report = redrive(outputs, consumer)
    assert (report["records"]["failing"], waiting(outputs, consumer)) == (0, 0)
    assert {each["place"] for each in report["letters"]} == {"failure_message"}
    assert report["letters"][0]["count"] == messages
    assert report["records"]["written"] >= len(lost)
    assert_equal(outputs, consumer)
