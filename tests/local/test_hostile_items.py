"""Hostile items among tame ones, with updates and deletes, on both feeds: all land, and none harms another.

Nothing is parked, missing, stale or orphaned, no shard has failed, and a search answers. Then both indexes are made
anew and filled by a backfill, and the same holds again.
"""

import json
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from changefeed.create_index import create_index
from demo.checks import parked_messages
from demo.load import ItemApi
from infra.sync.index import index_definition
from local.layout import Layout
from local.services.aws_client import aws_client
from ops.__main__ import main
from ops.batch_write import write_all
from ops.stack import Stack
from tests.local.api_stack import running_stack
from tests.local.hostile_items import Item, hostile_items

pytestmark = pytest.mark.local

TAME = 1_000
ROUNDS = 3
PATIENCE_SECONDS = 180


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    directory = Path(tmp_path_factory.mktemp("stack"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DRIFTLESS_LOCAL_DIRECTORY", str(directory / "stack"))  # so that `--stack local` is this one
        with running_stack(directory) as outputs:
            yield Stack(name="local", outputs=outputs)


def write(stack: Stack) -> tuple[int, int]:
    """Puts all items, changes each, and deletes some of both kinds. Gives how many hostile and tame ones are left."""
    dynamodb, chance = aws_client(stack.outputs["aws_endpoint_url"], stack.region, "dynamodb"), random.Random(13)
    tame: list[Item] = [{"id": {"S": f"tame-{number}"}, "text": {"S": "zebra"}} for number in range(TAME)]
    hostile = hostile_items()
    everything = [*tame, *hostile]
    for number in range(ROUNDS):
        chance.shuffle(everything)
        puts = [{"PutRequest": {"Item": {**item, "round": {"N": str(number)}}}} for item in everything]
        write_all(dynamodb, stack.table_name, puts)
    gone = [*tame[::3], *hostile[::5]]
    write_all(dynamodb, stack.table_name, [{"DeleteRequest": {"Key": {"id": item["id"]}}} for item in gone])
    return len(hostile) - len(hostile[::5]), len(tame) - len(tame[::3])


def verified(stack: Stack, consumer: str, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    capsys.readouterr()
    main(["verify", consumer, "--stack", stack.name, "--json", "--settle", "3"])
    report: dict[str, Any] = json.loads(capsys.readouterr().out)["consumers"][consumer]
    return report


def equal_at_last(stack: Stack, consumer: str, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """Verifies until nothing was on its way during a walk."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (report := verified(stack, consumer, capsys))["looked_at_again"] and time.monotonic() < deadline:
        continue
    assert report["equal"], report
    return report


def assert_all_is_right(stack: Stack, capsys: pytest.CaptureFixture[str], left: int) -> None:
    for consumer, index in stack.outputs["indexes"].items():
        report = equal_at_last(stack, consumer, capsys)
        assert report["items"] == report["documents"] == left
        assert [report[kind]["count"] for kind in ("missing", "stale", "orphaned")] == [0, 0, 0]
        health = requests.get(f"{stack.search_endpoint}/_cluster/health/{index}", timeout=10).json()
        assert (health["active_primary_shards"], health["status"]) in ((1, "yellow"), (1, "green")), (
            "no shard has failed"
        )
    assert not any(parked_messages(stack.outputs).values())
    api = ItemApi(stack.outputs["api_url"])
    assert api.request("GET", "/search?q=zebra", expect=[200])["total"] == TAME - len(range(0, TAME, 3))


def test_every_item_lands_and_harms_no_other(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    assert len(hostile_items()) >= 60
    hostile, tame = write(stack)
    assert_all_is_right(stack, capsys, hostile + tame)

    for consumer, index in stack.outputs["indexes"].items():
        aliases = requests.get(f"{stack.search_endpoint}/{index}/_alias", timeout=10).json()[index]["aliases"]
        requests.delete(f"{stack.search_endpoint}/{index}", timeout=30).raise_for_status()
        alias = next(iter(aliases), None)
        create_index(stack.search(), index=index, alias=alias, definition=index_definition(consumer))
        state = str(Path(Layout().directory) / f"{consumer}.json")
        assert main(["backfill", consumer, "--stack", "local", "--yes", "--json", "--state", state]) == 0
    time.sleep(1)
    assert_all_is_right(stack, capsys, hostile + tame)
