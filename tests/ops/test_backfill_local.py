"""A backfill in the local stack: an emptied index is filled again among live changes, stopped and killed on the way."""

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from changefeed.create_index import create_index
from demo.checks import wait_for
from demo.item_json import to_item
from demo.proof import prove
from infra.sync.index import index_definition
from local.layout import ROOT, Layout
from local.services.aws_client import aws_client
from local.services.ministack import REGION
from local.services.ports import free_port
from local.stack import LocalStack
from ops.__main__ import main
from ops.backfill.state import load_state
from ops.stack import Stack

pytestmark = pytest.mark.local

ITEMS = 3_000
CONSUMER = "sync_dynamodb_stream"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    directory = Path(tmp_path_factory.mktemp("stack"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DRIFTLESS_LOCAL_DIRECTORY", str(directory))  # so that `--stack local` is this one
        ports = {"aws_port": free_port(4700, 4799), "opensearch_port": free_port(9280, 9289)}
        with LocalStack(layout=Layout(directory=directory), say=lambda _: None, **ports) as running:
            yield Stack(name="local", outputs=running.outputs)


@pytest.fixture(autouse=True)
def interruptible() -> Iterator[None]:
    """Takes SIGINT: a background job of a shell ignores it, and so would every process that it starts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def put(stack: Stack, dynamodb: Any, numbers: range, **attributes: Any) -> None:
    writes = [{"PutRequest": {"Item": to_item({"id": f"item-{number}", **attributes})}} for number in numbers]
    for start in range(0, len(writes), 25):
        dynamodb.batch_write_item(RequestItems={stack.table_name: writes[start : start + 25]})


def documents(stack: Stack) -> int:
    url = f"{stack.search_endpoint}/{stack.consumer(CONSUMER).index}"
    requests.post(f"{url}/_refresh", timeout=10).raise_for_status()
    return int(requests.get(f"{url}/_count", timeout=10).json()["count"])


def empty_the_index(stack: Stack) -> None:
    """Deletes the index and creates it again, which leaves no guard of a delete."""
    index = stack.consumer(CONSUMER).index
    requests.delete(f"{stack.search_endpoint}/{index}", timeout=30).raise_for_status()
    create_index(stack.search(), index=index, alias=None, definition=index_definition(CONSUMER))
    assert documents(stack) == 0


def test_an_emptied_index_is_filled_among_changes_though_stopped_and_resumed(stack: Stack, tmp_path: Path) -> None:
    dynamodb = aws_client(stack.outputs["aws_endpoint_url"], REGION, "dynamodb")  # an operator writes no items
    put(stack, dynamodb, range(ITEMS), text="before")
    assert wait_for(lambda: documents(stack) == ITEMS, 60)
    empty_the_index(stack)
    ended = threading.Event()

    def change() -> None:
        number = 0
        while not ended.is_set():
            number += 1
            put(stack, dynamodb, range(number % 97, ITEMS, 211), change=number)
            key = {"id": {"S": f"item-{number * 7 % ITEMS}"}}
            dynamodb.delete_item(TableName=stack.table_name, Key=key)
            time.sleep(0.1)

    changing = threading.Thread(target=change)
    changing.start()
    file = tmp_path / "state.json"
    try:
        for stop in (signal.SIGINT, signal.SIGKILL, None):
            before = settled(file)
            slowly = ["--read-capacity", "8", "--parallel", "2"] if stop else []
            backfill = start_backfill("--state", str(file), "--segments", "6", "--resume", *slowly)
            if stop is not None:
                assert wait_for(lambda before=before: settled(file) >= before + 200, 30)  # type: ignore[misc]
                backfill.send_signal(stop)
            out, err = backfill.communicate(timeout=60)
            assert backfill.returncode == {signal.SIGINT: 130, signal.SIGKILL: -9, None: 0}[stop], err
        result = json.loads(out)
        assert result["done"]
        assert result["runs"] == 3
        assert result["written"] + result["superseded"] == result["items"] >= ITEMS * 0.8
        assert result["parked"] == 0
    finally:
        ended.set()
        changing.join()
    comparison = prove(
        dynamodb, stack.table_name, stack.search_endpoint, stack.consumer(CONSUMER).index, settle_seconds=60
    )
    assert comparison.equal, comparison
    assert comparison.documents >= ITEMS * 0.8


def start_backfill(*arguments: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "ops", "backfill", CONSUMER, "--stack", "local", "--yes", "--json", *arguments]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def settled(file: Path) -> int:
    state = load_state(file)
    return state.items if state else 0


def test_a_consumer_without_a_running_mapping_is_refused(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    outputs = {**stack.outputs, "indexes": {**stack.outputs["indexes"], "other": "other-index"}}
    file = Path(Layout().directory) / "outputs.json"
    file.write_text(json.dumps(outputs))
    assert main(["backfill", "other", "--outputs", str(file), "--yes"]) == 1
    assert "the stream must be on" in capsys.readouterr().err
