"""`verify` says Equal, and ends with 0, only where that was proven: a seeded fault for each way to be wrong."""

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ops.commands import verify
from ops.errors import OpsError
from ops.stack import Stack
from ops.trouble.trouble import Trouble
from tests.ops.verify_rig import VERSION, Pair

OUTPUTS = {
    "table_name": "lab-table",
    "table_stream_arn": "arn:aws:dynamodb:eu-west-1:000000000000:table/lab-table/stream/2026-01-01T00:00:00.000",
    "collection_endpoint": "http://127.0.0.1:1",
    "indexes": {"sync_kinesis_stream": "lab"},
    "reader_alias": "lab-table",
}


@dataclass(frozen=True, kw_only=True)
class PairStack(Stack):
    """A stack of one table and one index in memory."""

    pair: Pair

    def client(self, service: str, *, config: Any = None) -> Any:
        return self.pair.table

    def search(self) -> Any:
        return self.pair.index


@pytest.fixture
def pair() -> Pair:
    pair = Pair()
    pair.fill(20)
    return pair


def prove(pair: Pair, *arguments: str, **outputs: Any) -> int:
    parser = argparse.ArgumentParser()
    verify.add_arguments(parser)
    options = parser.parse_args(["--settle", "0", *arguments])
    changed = {name: value for name, value in {**OUTPUTS, **outputs}.items() if value is not None}
    return verify.prove(PairStack(name="dev", outputs=changed, pair=pair), options)


def test_an_equal_pair_whose_readers_search_it_is_proven(pair: Pair, capsys: pytest.CaptureFixture[str]) -> None:
    assert prove(pair) == 0
    assert capsys.readouterr().out.endswith("  Equal.\nReaders search lab by the alias lab-table.\n")


def test_an_empty_pair_is_equal_and_said_to_be_empty(capsys: pytest.CaptureFixture[str]) -> None:
    assert prove(Pair()) == 0
    assert "  Equal: both are empty.\n" in capsys.readouterr().out


def test_a_sample_without_an_item_proves_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert prove(Pair(), "--sample", "1") == 1
    assert "Not proven: the sample held no item." in capsys.readouterr().out


def test_what_is_in_motion_is_not_proven(pair: Pair, capsys: pytest.CaptureFixture[str]) -> None:
    pair.index.put("k0001", b"{}", version=1)
    pair.index.on_read = lambda read: pair.index.put("k0001", b'{"n":%d}' % read, version=2 + read)
    assert prove(pair, "--json") == 1
    result = json.loads(capsys.readouterr().out)
    assert (result["ok"], result["equal"]) == (False, False)
    assert prove(pair) == 1
    said = capsys.readouterr().out
    assert "Not proven: 1 are in motion." in said
    assert "Equal" not in said


def test_a_version_in_the_future_ends_with_1(pair: Pair) -> None:
    pair.index.documents["k0003"] = (VERSION * 2, pair.index.documents["k0003"][1])
    assert prove(pair) == 1


@pytest.mark.parametrize(
    ("aliases", "says"),
    [
        ({"lab-table": ["old"]}, "points at old, which no consumer fills"),
        ({"lab-table": ["lab", "old"]}, "points at old, which no consumer fills"),
        ({}, "there is no alias lab-table"),
    ],
)
def test_readers_that_search_something_else_end_with_1(
    pair: Pair, aliases: Any, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    pair.index.aliases = aliases
    assert prove(pair) == 1
    assert says in capsys.readouterr().out
    assert prove(pair, "--json") == 1
    result = json.loads(capsys.readouterr().out)
    assert (result["ok"], result["equal"]) == (False, True)
    assert says in result["readers"]["problem"]


def test_readers_that_search_both_indexes_end_with_1(pair: Pair, capsys: pytest.CaptureFixture[str]) -> None:
    pair.index.aliases = {"lab-table": ["lab", "other"]}
    indexes = {"sync_kinesis_stream": "lab", "sync_dynamodb_stream": "other"}
    assert prove(pair, "sync_kinesis_stream", indexes=indexes) == 1
    assert "items are found twice" in capsys.readouterr().out


def test_an_index_of_readers_that_was_not_compared_is_said(pair: Pair, capsys: pytest.CaptureFixture[str]) -> None:
    pair.index.aliases = {"lab-table": ["other"]}
    indexes = {"sync_kinesis_stream": "lab", "sync_dynamodb_stream": "other"}
    assert prove(pair, "sync_kinesis_stream", indexes=indexes) == 0
    assert "Readers search other by the alias lab-table, which was not compared now." in capsys.readouterr().out


def test_an_alias_that_is_hidden_is_said_and_hinders_nothing(pair: Pair, capsys: pytest.CaptureFixture[str]) -> None:
    pair.index.hides_aliases = True
    assert prove(pair) == 0
    assert "isn't told to this caller" in capsys.readouterr().out


def test_a_stack_of_an_earlier_version_names_no_alias(pair: Pair, capsys: pytest.CaptureFixture[str]) -> None:
    assert prove(pair, reader_alias=None) == 0
    assert "Readers" not in capsys.readouterr().out


@pytest.mark.parametrize("other", ["eu-west-2:000000000000:table/lab-table", "eu-west-1:111111111111:table/lab-table"])
def test_a_table_of_another_region_or_account_is_refused(pair: Pair, other: str) -> None:
    with pytest.raises(Trouble, match=f"the stack's is arn:aws:dynamodb:{other}"):
        prove(pair, table_stream_arn=f"arn:aws:dynamodb:{other}/stream/1")


def made_anew(pair: Pair) -> Callable[[int], None]:
    def change(scan: int) -> None:
        pair.index.uuid = "uuid-2"

    return change


def dropped(pair: Pair) -> Callable[[int], None]:
    def change(scan: int) -> None:
        pair.table.table_id = "22222222-2222-4222-8222-222222222222"

    return change


@pytest.mark.parametrize("arguments", [[], ["--sample", "1000"]])
@pytest.mark.parametrize(("fault", "what"), [(made_anew, "index lab"), (dropped, "table lab-table")])
def test_what_was_made_anew_while_it_was_compared_is_not_proven(
    pair: Pair, fault: Any, what: str, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    pair.table.on_scan = fault(pair)
    with pytest.raises(Trouble, match=f"{what} was made anew while this ran"):
        prove(pair, *arguments)
    assert "Equal" not in capsys.readouterr().out


def test_a_point_in_time_without_all_shards_is_not_walked(pair: Pair) -> None:
    """OpenSearch makes one of the shards that answer, and no search in it says that others are left out."""
    pair.index.failed_shards_of_pit = 1
    with pytest.raises(OpsError, match="Shards of lab did not answer"):
        prove(pair)


def test_a_walk_that_goes_on_says_since_when_it_has_read(
    pair: Pair, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def end(scan: int) -> None:
        pair.table.on_scan = lambda _: None
        raise OpsError("ended by a test")

    pair.table.on_scan = end
    with pytest.raises(OpsError, match="ended by a test"):
        prove(pair, "--resume", str(tmp_path))
    state = tmp_path / "sync_kinesis_stream" / "walk" / "state.json"
    kept = json.loads(state.read_text())
    state.write_text(json.dumps(kept | {"notes": kept["notes"] | {"begun_at": 1_700_000_000.0}}))
    assert prove(pair, "--resume", str(tmp_path)) == 0
    assert "Equal, by what was read since 2023-11-14T22:13:20+00:00." in capsys.readouterr().out
