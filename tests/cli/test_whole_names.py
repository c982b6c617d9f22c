"""No name and no number is cut, however narrow the terminal is."""

import io
from typing import Any

import pytest
from rich.console import Console

from cli.console import StoryConsole
from cli.table import print_table
from demo.view import DemoView
from local.observation import Observation

LONG = "a_consumer_whose_name_is_longer_than_many_terminals_are_wide_sync"


def test_a_table_is_as_wide_as_what_it_holds(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    print_table(["consumer", "documents"], [[LONG, 1_234_567], ["short", -1]])
    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        f"{'consumer':<65}  documents",
        f"{LONG}  1,234,567",
        f"{'short':<65}         -1",
    ]


def test_a_table_without_rows_is_its_headings(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(["consumer", "documents"], [])
    assert capsys.readouterr().out == "consumer  documents\n"


@pytest.mark.parametrize("width", [60, 120])
def test_a_chapter_of_the_demo_has_its_whole_title(width: int) -> None:
    console = StoryConsole()
    console.width, console.file = width, io.StringIO()
    title = "An item that the index refuses: a map where every other flight has a text"
    console.rule(title)
    assert " ".join(console.file.getvalue().strip("─\n ").split()) == title


class NoMeter:
    def percentiles(self) -> dict[str, dict[str, float]]:
        return {"sync_dynamodb_stream": {"p50": 123.45, "p99": 123.45, "max": 200.0}}


def test_the_demos_table_fits_60_columns(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setenv("DRIFTLESS_LOCAL_DIRECTORY", str(tmp_path))
    consumers = ("sync_dynamodb_stream", "sync_kinesis_stream")
    outputs: dict[str, Any] = {"indexes": dict.fromkeys(consumers, "i"), "aws_endpoint_url": "http://127.0.0.1:1"}
    console: Any = Console(width=60, file=io.StringIO())
    meter: Any = NoMeter()
    memory: Any = None
    view = DemoView(console, outputs, meter, memory)
    seen = Observation(items=1_234_567, documents=dict.fromkeys(consumers, 1_234_567), dead_letters={})
    console.print(view._table(seen))
    shown = console.file.getvalue()
    for word in ("dynamodb stream", "kinesis stream", "changes carried", "1,234,567", "123.45 s", "no answer"):
        assert word in shown
    assert "…" not in shown
