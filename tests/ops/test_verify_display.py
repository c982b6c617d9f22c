"""What `verify` tells people: what each line means and what to do about it."""

from pathlib import Path

import pytest

from ops.stack import Consumer
from ops.verify.display import print_result
from tests.ops.verify_rig import Pair

CONSUMER = Consumer(
    name="sync",
    index="lab",
    function=None,
    dead_letter_queue_url=None,
    failure_destination_arn=None,
    event_source_mapping=None,
)


def output_of(pair: Pair, directory: Path, capsys: pytest.CaptureFixture[str]) -> str:
    print_result(CONSUMER, pair.verify(directory).as_json() | {"report": None})
    return capsys.readouterr().out


def test_documents_that_are_not_fully_searchable_are_told_with_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pair = Pair()
    pair.fill(2)
    assert "searchable" not in output_of(pair, tmp_path, capsys)
    pair.index.put("k0001", b'{"id":"k0001","%unindexed":{"n":1.5,"tags":["a","b"]},"%unindexed_attributes":2}')
    said = output_of(pair, tmp_path, capsys)
    assert "not fully searchable: about 1. Their contents are whole" in said
    assert "Change the mapping, then backfill; or leave it." in said
    assert said.endswith("  Equal.\n")
