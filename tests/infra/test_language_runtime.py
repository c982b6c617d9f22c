"""The program in the real Python language runtime, against an engine over gRPC: as near as Pulumi's CLI can be had.

It proves that the program runs in a process of its own, sends what the wire can carry, needs no output before it is
known, registers everything after what it depends on, and asks for the same in every process. What an update does with
it is in cloud/.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.infra import resource_types as types
from tests.infra.cloud.monitor import Monitor
from tests.infra.cloud.schema import UNKNOWN
from tests.infra.cloud.stack import Outcome, Stack
from tests.infra.conftest import as_config
from tests.infra.contracts import all_alarms, all_exports
from tests.infra.deployment import PROJECT, ROOT
from tests.infra.engine_server import listening
from tests.infra.resource_types import ALARM
from tests.infra.test_program import GOLDEN
from tests.infra.variants import VARIANTS

HOST = Path(__file__).parent / "language_host.py"
Done = subprocess.CompletedProcess[str]


def _run(monitor: Monitor, *, config: dict[str, str], root: Path = ROOT, hash_seed: int = 0) -> Done:
    with listening(monitor) as address:
        settings = {
            "project": PROJECT,
            "stack": "test",
            "root": str(root),
            "address": address,
            "dry_run": monitor.update.preview,
            "config": {"aws:region": "eu-central-1", **config},
        }
        return subprocess.run(
            [sys.executable, "-W", "ignore", str(HOST), str(root / "__main__.py")],
            input=json.dumps(settings),
            capture_output=True,
            text=True,
            timeout=120,
            cwd=root,
            env={
                **os.environ,
                "PYTHONPATH": str(root),
                "PYTHONDONTWRITEBYTECODE": "1",
                "PYTHONHASHSEED": str(hash_seed),
            },
            check=False,
        )


def _preview(config: dict[str, str]) -> tuple[Monitor, Done]:
    monitor = Monitor(Stack().start(preview=True))
    return monitor, _run(monitor, config=config)


def _up(stack: Stack, *, root: Path = ROOT, hash_seed: int = 0) -> tuple[Monitor, Outcome]:
    monitor = Monitor(stack.start(), run=str(hash_seed))
    done = _run(monitor, config={}, root=root, hash_seed=hash_seed)
    assert done.returncode == 0, done.stderr
    return monitor, stack.after(monitor)


def _listing(monitor: Monitor) -> set[str]:
    return {f"{goal.type} {goal.name}" for goal in monitor.goals if goal.type != "pulumi:pulumi:Stack"}


def _golden() -> set[str]:
    rows = {row for file in GOLDEN.iterdir() for row in file.read_text(encoding="utf-8").splitlines()}
    return rows | {f"{ALARM} {name}" for name in all_alarms()}


@pytest.fixture(scope="module")
def updated() -> tuple[Monitor, Outcome]:
    """The first update of a stack."""
    return _up(Stack(), hash_seed=1)


def test_a_preview_runs_to_its_end() -> None:
    monitor, done = _preview({})

    assert done.returncode == 0, done.stderr
    assert monitor.update.errors == []
    assert _listing(monitor) == _golden()
    assert set(monitor.exports) == set(all_exports())


def test_an_update_runs_to_its_end(updated: tuple[Monitor, Outcome]) -> None:
    monitor, outcome = updated

    assert outcome.errors == ()
    assert _listing(monitor) == _golden()
    assert set(monitor.exports) == set(all_exports())
    assert UNKNOWN not in json.dumps(monitor.outputs)
    assert set(monitor.calls) == {"aws:ecr/getAuthorizationToken:getAuthorizationToken"}


def test_another_process_asks_for_the_same(updated: tuple[Monitor, Outcome]) -> None:
    """Sets come in another order there, and the registry gives another token."""
    _, outcome = _up(updated[1].stack, hash_seed=2)

    assert outcome.errors == ()
    assert outcome.changes == []


def test_a_new_field_of_an_index_is_put_into_its_mapping(updated: tuple[Monitor, Outcome], tmp_path: Path) -> None:
    shutil.copytree(ROOT / "infra", tmp_path / "infra", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "images", tmp_path / "images", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    shutil.copy(ROOT / "__main__.py", tmp_path)
    definition = tmp_path / "images/sync_dynamodb_stream/index.json"
    index = json.loads(definition.read_text(encoding="utf-8"))
    index["mappings"]["properties"] = {**index["mappings"].get("properties", {}), "new": {"type": "keyword"}}
    definition.write_text(json.dumps(index), encoding="utf-8")

    _, outcome = _up(updated[1].stack, root=tmp_path)

    assert outcome.errors == ()
    name = "sync-dynamodb-stream-index-creation"
    assert outcome.of(types.INVOCATION) == {name: ["replace", "create", "delete"]}
    assert {step.type for step in outcome.changes} == {types.INVOCATION}


def test_preview_of_every_branch_at_once_needs_no_output() -> None:
    monitor, done = _preview(
        as_config({**VARIANTS["failures in buckets"], **VARIANTS["private network"], **VARIANTS["api key"]})
    )

    assert done.returncode == 0, done.stderr
    assert monitor.update.errors == []


def test_bad_configuration_ends_the_run_with_its_message_and_no_resource() -> None:
    monitor, done = _preview(as_config({"architecture": "mips", "protect": "perhaps"}))

    assert done.returncode != 0
    assert "2 problem(s)" in done.stderr
    assert [goal.type for goal in monitor.goals] == ["pulumi:pulumi:Stack"]
