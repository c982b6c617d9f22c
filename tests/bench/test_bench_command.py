"""The commands, run as users run them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench.sync import check
from bench.sync.handlers import Feed

ROOT = Path(__file__).resolve().parent.parent.parent
COMMANDS = sorted(
    ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__main__")
    for file in (ROOT / "bench").rglob("*.py")
    if "add_argument(" in file.read_text()
)


def run(module: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.local
def test_the_quick_form_measures_a_little_of_everything(tmp_path: Path) -> None:
    ended = run("bench.sync", "--quick", "--json", "--out", str(tmp_path))
    assert ended.returncode == 0, ended.stderr
    result = json.loads(ended.stdout)
    assert set(result) >= {"machine", "arms", "stages", "cold_start_ms", "rtt", "must_show"}
    assert all(arm["docs_per_second"] for arm in result["arms"].values())
    assert all(handler["heavy"] == [] for handler in result["cold_start_ms"].values())
    assert json.loads((tmp_path / "bench.json").read_text()) == result
    assert (tmp_path / "bench.svg").read_text().startswith("<svg")


@pytest.mark.parametrize("module", [*COMMANDS, "tests.torture"])
def test_every_commands_help_has_an_example_of_itself(module: str) -> None:
    ended = run(module, "--help")
    assert ended.returncode == 0, ended.stderr
    assert f"Example: python -m {module}" in " ".join(ended.stdout.split())


def test_the_check_fails_when_a_handler_became_dearer_and_passes_when_not(tmp_path: Path) -> None:
    costs = json.loads(run("bench.sync.check", "--measure", "cpu_time", "--json").stdout)["cpu_time"]
    assert set(costs) == {feed.value for feed in Feed}
    for factor, code in ((0.5, 1), (2.0, 0)):
        baseline = tmp_path / "baseline.json"
        baseline.write_text(json.dumps({"cpu_time": {name: cost * factor for name, cost in costs.items()}}))
        ended = run("bench.sync.check", "--measure", "cpu_time", "--baseline", str(baseline))
        assert ended.returncode == code, ended.stderr
        assert ("DEARER" in ended.stderr) == (code == 1)


def test_the_committed_baseline_knows_both_handlers_by_both_measures() -> None:
    baseline = json.loads(check.BASELINE.read_text())
    for measure in check.MEASURES:
        assert set(baseline[measure]) == {feed.value for feed in Feed}
