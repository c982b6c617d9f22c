"""The workflow for GitHub: zizmor's audits, the forge's schema, and what neither knows: who gets a role, and when.

Not proven here: that the forge runs it.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.infra.deployment import ROOT

FILE = ROOT / ".github/workflows/ci.yaml"
TEXT = FILE.read_text(encoding="utf-8")
WORKFLOW: dict[str, Any] = yaml.safe_load(TEXT)
JOBS: dict[str, dict[str, Any]] = WORKFLOW["jobs"]
STEPS: list[dict[str, Any]] = [step for job in JOBS.values() for step in job["steps"]]

# Matters of taste; updates do have a concurrency group, and tests of two commits may run at once.
ACCEPTED = {"anonymous-definition", "concurrency-limits", "undocumented-permissions"}


def _findings(file: Path) -> set[str]:
    zizmor = [str(Path(sys.executable).with_name("zizmor")), "--offline", "--no-config", "--persona", "auditor"]
    done = subprocess.run([*zizmor, "--format", "json", str(file)], capture_output=True, text=True, check=False)
    return {finding["ident"] for finding in json.loads(done.stdout)} - ACCEPTED


def _seeded(folder: Path, old: str, new: str) -> Path:
    file = folder / ".github/workflows/ci.yaml"
    file.parent.mkdir(parents=True)
    assert re.search(old, TEXT)
    file.write_text(re.sub(old, new, TEXT, count=1), encoding="utf-8")
    return file


def _is_valid(file: Path) -> bool:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", str(file)]
    return subprocess.run(command, capture_output=True, timeout=60, check=False).returncode == 0


def test_zizmor_finds_nothing() -> None:
    assert _findings(FILE) == set()


@pytest.mark.parametrize(
    ("audit", "old", "new"),
    [
        ("artipacked", "persist-credentials: false", "persist-credentials: true"),
        ("dangerous-triggers", "pull_request:", "pull_request_target:"),
        ("excessive-permissions", "\n  contents: read", "\n  contents: write"),
        ("secrets-outside-env", "- run: make test\n", "- run: make test\n        env: {A: '${{ secrets.TOKEN }}'}\n"),
        ("template-injection", "- run: make check", "- run: git log ${{ github.head_ref }}"),
        ("unpinned-uses", "@[0-9a-f]{40}", "@v6"),
    ],
)
def test_zizmor_finds_a_seeded_fault(audit: str, old: str, new: str, tmp_path: Path) -> None:
    assert audit in _findings(_seeded(tmp_path, old, new))


def test_workflow_is_valid_by_the_forges_schema_which_refuses_a_misspelt_key(tmp_path: Path) -> None:
    assert _is_valid(FILE)
    assert not _is_valid(_seeded(tmp_path, "runs-on:", "run-on:"))


def test_only_jobs_in_an_environment_take_a_role_and_nothing_else_is_writable() -> None:
    takes_role = {name for name, job in JOBS.items() if "role-to-assume" in str(job["steps"])}

    assert takes_role == {"preview", "update"}
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert {name: (job.get("environment"), job.get("permissions")) for name, job in JOBS.items()} == {
        "test": (None, None),
        "images": (None, None),
        "preview": ("preview", {"contents": "read", "id-token": "write"}),
        "update": ("production", {"contents": "read", "id-token": "write"}),
    }


def test_a_fork_gets_no_role_and_only_main_is_deployed() -> None:
    same = "github.event.pull_request.head.repo.full_name == github.repository"

    assert JOBS["preview"]["if"] == f"github.event_name == 'pull_request' && {same} && vars.PULUMI_STACK != ''"
    main = "github.event_name == 'push' && github.ref == 'refs/heads/main'"
    assert JOBS["update"]["if"] == f"{main} && vars.PULUMI_STACK != ''"
    assert [name for name, job in JOBS.items() if "pulumi up" in str(job["steps"])] == ["update"]


def test_updates_wait_for_the_tests_and_for_each_other_and_are_not_cut_off() -> None:
    assert JOBS["update"]["needs"] == ["test", "images"]
    assert JOBS["update"]["concurrency"] == {"group": "update-${{ vars.PULUMI_STACK }}", "cancel-in-progress": False}


def test_secrets_go_to_pulumi_alone_and_nothing_prints_them() -> None:
    """No key is stored: credentials come by OIDC."""
    with_secrets = [step for step in STEPS if "secrets." in str(step)]

    assert TEXT.count("secrets.") == len(with_secrets)
    assert [step for step in with_secrets if not step["run"].startswith("pulumi ")] == []
    printing = r"\becho\b|\bprintenv\b|\benv\b|set -x|ACCESS_TOKEN"
    assert [step for step in STEPS if re.search(printing, step.get("run", ""))] == []
    assert not re.search("access.key|ACCESS_KEY", TEXT)


def test_every_job_ends_within_the_hour_that_credentials_last() -> None:
    assert [name for name, job in JOBS.items() if not 0 < job.get("timeout-minutes", 0) < 60] == []


def test_every_make_target_of_the_workflow_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    used = {step["run"].removeprefix("make ") for step in STEPS if "make" in step.get("run", "")}

    assert used == {"install", "check", "test", "test-images"}
    assert used <= targets


def test_each_pinned_commit_has_its_version_beside_it_and_is_the_same_everywhere() -> None:
    pins = re.findall(r"uses: ([\w-]+/[\w-]+)@([0-9a-f]{40}) # (v\d+\.\d+\.\d+)$", TEXT, re.MULTILINE)

    assert len(pins) == TEXT.count("uses:")
    assert len(set(pins)) == len({action for action, _, _ in pins})


def test_pulumi_is_the_version_of_the_language_package() -> None:
    [pinned] = set(re.findall(r"pulumi-version: (\S+)", TEXT))

    assert f"pulumi=={pinned} " in (ROOT / "requirements.txt").read_text(encoding="utf-8")
