"""The program in the real Python language runtime, against an engine over gRPC: as near as `pulumi preview` can be had.

It proves that the program runs in a process of its own, sends what the wire can carry, needs no output before it is
known, and registers everything after what it depends on. It doesn't prove that a provider takes the inputs.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.infra.contracts import all_alarms, all_exports
from tests.infra.deployment import PROJECT, ROOT
from tests.infra.engine_server import UNKNOWN, EngineRun, engine
from tests.infra.resource_types import ALARM
from tests.infra.test_program import GOLDEN
from tests.infra.variants import VARIANTS

HOST = Path(__file__).parent / "language_host.py"


def _run(*, dry_run: bool, config: dict[str, str]) -> tuple[EngineRun, subprocess.CompletedProcess[str]]:
    with engine(dry_run=dry_run) as (run, address):
        settings = {
            "project": PROJECT,
            "stack": "test",
            "root": str(ROOT),
            "address": address,
            "dry_run": dry_run,
            "config": {"aws:region": "eu-central-1", **config},
        }
        done = subprocess.run(
            [sys.executable, "-W", "ignore", str(HOST), str(ROOT / "__main__.py")],
            input=json.dumps(settings),
            capture_output=True,
            text=True,
            timeout=60,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
            check=False,
        )
    return run, done


def _listing(run: EngineRun) -> set[str]:
    rows = [(types.split("$")[-1], name) for types, name in (urn.split("::")[2:] for urn in run.urns)]
    return {f"{type_} {name}" for type_, name in rows if type_ != "pulumi:pulumi:Stack"}


def _golden() -> set[str]:
    rows = {row for file in GOLDEN.iterdir() for row in file.read_text(encoding="utf-8").splitlines()}
    return rows | {f"{ALARM} {name}" for name in all_alarms()}


def _exports(run: EngineRun) -> dict[str, object]:
    [stack] = [outputs for urn, outputs in run.outputs.items() if "::pulumi:pulumi:Stack::" in urn]
    return stack


@pytest.mark.parametrize("dry_run", [True, False], ids=["preview", "update"])
def test_program_runs_to_its_end_in_the_real_runtime(dry_run: bool) -> None:
    run, done = _run(dry_run=dry_run, config={})

    assert done.returncode == 0, done.stderr
    assert run.errors == []
    assert _listing(run) == _golden()
    assert set(_exports(run)) == set(all_exports())
    if not dry_run:
        assert UNKNOWN not in json.dumps(run.outputs)
        assert set(run.calls) == {"aws:ecr/getAuthorizationToken:getAuthorizationToken"}


def test_preview_of_every_branch_at_once_needs_no_output() -> None:
    settings = {**VARIANTS["failures in buckets"], **VARIANTS["private network"], **VARIANTS["api key"]}

    run, done = _run(dry_run=True, config={f"{PROJECT}:{key}": json.dumps(value) for key, value in settings.items()})

    assert done.returncode == 0, done.stderr
    assert run.errors == []


def test_bad_configuration_ends_the_run_with_its_message_and_no_resource() -> None:
    run, done = _run(dry_run=True, config={f"{PROJECT}:architecture": "mips", f"{PROJECT}:protect": "perhaps"})

    assert done.returncode != 0
    assert "2 problem(s)" in done.stderr
    assert [urn.split("::")[2] for urn in run.urns] == ["pulumi:pulumi:Stack"]
