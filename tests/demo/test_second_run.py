"""A demo in a stack that is up: it counts what is its own, and a second one leaves no more than the first."""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from demo import demo, misfits
from demo.checks import parked_messages
from demo.lag import LagMeter
from demo.memory import MemoryMeter
from demo.view import DemoView
from local.errors import LocalStackError
from local.layout import DIRECTORY_VARIABLE, Layout
from local.observation import count_items
from local.state import take_lock
from tests.local.mapping_fakes import Ministack, running_ministack

OUTPUTS = {"aws_endpoint_url": "http://127.0.0.1:9", "indexes": {"sync_x": "x"}}


@pytest.fixture
def layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Layout:
    monkeypatch.setenv(DIRECTORY_VARIABLE, str(tmp_path))
    return Layout()


@pytest.fixture(scope="module")
def cloud() -> Iterator[Ministack]:
    with running_ministack() as ministack:
        yield ministack


def carried(layout: Layout, number: int) -> None:
    layout.status_file.write_text(json.dumps({"mapping": {"sync_x": {"records_settled": number}}}))


def line(view: DemoView) -> str:
    return view._line()


def test_what_was_carried_before_the_demo_is_not_counted(layout: Layout) -> None:
    carried(layout, 2526)
    view = DemoView(Console(), OUTPUTS, LagMeter("http://127.0.0.1:9", {}), MemoryMeter())
    assert line(view).endswith("carried {'sync_x': 0}")
    carried(layout, 2537)
    assert line(view).endswith("carried {'sync_x': 11}")


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--aws-port", "4570"], "--aws-port and --opensearch-port are for a stack that the demo starts"),
        (["--opensearch-port", "9202"], "--aws-port and --opensearch-port are for a stack that the demo starts"),
        (["--outage", "5"], "need their own stack"),
        (["--kill-consumer"], "need their own stack"),
        (["--containers"], "runs its functions as processes"),
    ],
)
def test_what_only_a_stack_of_its_own_could_give_is_refused(layout: Layout, words: list[str], reason: str) -> None:
    parser = argparse.ArgumentParser()
    demo.add_arguments(parser)
    lock = take_lock(layout)
    try:
        with pytest.raises(LocalStackError, match=reason):
            demo.run(parser.parse_args(words))
    finally:
        lock.close()


def test_only_an_item_with_the_number_of_this_run_is_of_this_run() -> None:
    assert misfits.is_of_run({"change": 2}, {"change": 2, "id": "demo-after"})
    assert not misfits.is_of_run({"change": 2}, {"change": 1, "id": "demo-after"})
    assert not misfits.is_of_run({"change": 2}, None)


@pytest.mark.local
def test_a_second_run_writes_the_same_three_misfits(cloud: Ministack) -> None:
    cloud.table("misfits")
    outputs = {"aws_endpoint_url": cloud.endpoint, "table_name": "misfits"}
    for number in (1, 2):
        refused = misfits.write_refused(outputs, {"id": "good", "change": number, "destination": "LAX"})
        assert refused["change"] == number
    assert count_items(cloud.client("dynamodb"), "misfits") == 3


@pytest.mark.local
def test_all_that_is_parked_is_seen_and_given_back(cloud: Ministack) -> None:
    sqs = cloud.client("sqs")
    url = sqs.create_queue(QueueName="parked")["QueueUrl"]
    for number in range(23):
        sqs.send_message(QueueUrl=url, MessageBody=json.dumps({"n": number}))
    outputs: dict[str, Any] = {"aws_endpoint_url": cloud.endpoint, "dead_letter_queues": {"sync_x": url}}
    for _ in range(2):
        assert sorted(message["n"] for message in parked_messages(outputs)["sync_x"]) == list(range(23))
