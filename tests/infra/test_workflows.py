"""The workflow for GitHub: valid by its schema, least rights, pinned, no secret in sight, never on a fork's code.

Not proven here: that the forge runs it.
"""

from __future__ import annotations

import copy
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.infra.deployment import ROOT

FILE = ROOT / ".github/workflows/ci.yaml"
TEXT = FILE.read_text(encoding="utf-8")
Workflow = dict[Any, Any]
Check = Callable[[Workflow], list[str]]


def _workflow() -> Workflow:
    loaded: Workflow = yaml.safe_load(TEXT)
    return loaded


def _steps(workflow: Workflow) -> list[tuple[str, dict[str, Any]]]:
    return [(name, step) for name, job in workflow["jobs"].items() for step in job["steps"]]


def tokens_are_for_jobs_that_take_a_role(workflow: Workflow) -> list[str]:
    """By default read-only; `id-token: write` just where a role is taken, and nothing else is ever writable."""
    found = [] if workflow.get("permissions") == {"contents": "read"} else ["the default isn't read-only"]
    for name, job in workflow["jobs"].items():
        takes_role = any("role-to-assume" in step.get("with", {}) for step in job["steps"])
        wanted = {"contents": "read", "id-token": "write"} if takes_role else None
        if job.get("permissions") != wanted:
            found.append(f"{name} may do {job.get('permissions')}")
        if takes_role and "environment" not in job:
            found.append(f"{name} takes a role outside an environment")
    return found


def no_long_lived_key_is_used(workflow: Workflow) -> list[str]:
    """Credentials come by OIDC alone."""
    return [
        f"{name} has a stored key" for name, step in _steps(workflow) if re.search("access.key|ACCESS_KEY", str(step))
    ]


def no_expression_reaches_a_shell(workflow: Workflow) -> list[str]:
    """What a pull request can name must not become part of a command; a secret must not be printed."""
    found = [f"{name}: {step['run']}" for name, step in _steps(workflow) if "${{" in step.get("run", "")]
    return found + [
        f"{name} prints its environment: {step['run']}"
        for name, step in _steps(workflow)
        if re.search(r"\becho\b|\bprintenv\b|\benv\b|set -x|ACCESS_TOKEN", step.get("run", ""))
    ]


def secrets_go_to_pulumi_alone(workflow: Workflow) -> list[str]:
    """Not to a whole job, nor to an action."""
    found = [
        f"{name} has a secret" for name, job in workflow["jobs"].items() if "secrets." in str({**job, "steps": []})
    ]
    found += ["every job has a secret"] if "secrets." in str(workflow.get("env", {})) else []
    return found + [
        f"{name}: {step}"
        for name, step in _steps(workflow)
        if "secrets." in str(step) and not step.get("run", "").startswith("pulumi ")
    ]


def actions_are_pinned_by_commit(workflow: Workflow) -> list[str]:
    """A tag can be moved by whoever takes an action over."""
    used = [step["uses"] for _, step in _steps(workflow) if "uses" in step]
    return [action for action in used if not re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", action)]


def forks_get_no_role(workflow: Workflow) -> list[str]:
    """A pull request from elsewhere is a stranger's code; `pull_request_target` would give it this one's rights."""
    same = "github.event.pull_request.head.repo.full_name == github.repository"
    found = ["pull_request_target"] if "pull_request_target" in workflow[True] else []  # YAML reads `on` as a truth
    for name, job in workflow["jobs"].items():
        condition = job.get("if", "")
        if "environment" in job and same not in condition and "github.event_name == 'push'" not in condition:
            found.append(f"{name} takes a role for anybody")
    return found


def updates_wait_for_tests_approval_and_each_other(workflow: Workflow) -> list[str]:
    """Only main, after tests and images, in an environment of its own, never two at once, never cut off."""
    found = []
    for name, job in workflow["jobs"].items():
        if not any("pulumi up" in step.get("run", "") for step in job["steps"]):
            continue
        if "github.ref == 'refs/heads/main'" not in job["if"] or "github.event_name == 'push'" not in job["if"]:
            found.append(f"{name} deploys what isn't on main")
        if not {"test", "images"} <= set(job["needs"]):
            found.append(f"{name} doesn't wait for the tests")
        if job.get("environment") != "production":
            found.append(f"{name} has no environment to be approved in")
        concurrency = job.get("concurrency", {})
        if "PULUMI_STACK" not in concurrency.get("group", "") or concurrency.get("cancel-in-progress") is not False:
            found.append(f"{name} may overlap with itself, or be cut off")
    return found


def checkouts_leave_no_token(workflow: Workflow) -> list[str]:
    """What runs afterwards could read it."""
    return [
        name
        for name, step in _steps(workflow)
        if step.get("uses", "").startswith("actions/checkout@")
        and step.get("with", {}).get("persist-credentials") is not False
    ]


def every_job_ends(workflow: Workflow) -> list[str]:
    """A hanging job costs six hours otherwise; credentials last for one."""
    return [name for name, job in workflow["jobs"].items() if not 0 < job.get("timeout-minutes", 0) < 60]


CHECKS: tuple[Check, ...] = (
    tokens_are_for_jobs_that_take_a_role,
    no_long_lived_key_is_used,
    no_expression_reaches_a_shell,
    secrets_go_to_pulumi_alone,
    actions_are_pinned_by_commit,
    forks_get_no_role,
    updates_wait_for_tests_approval_and_each_other,
    checkouts_leave_no_token,
    every_job_ends,
)


@pytest.mark.parametrize("check", CHECKS)
def test_workflow_keeps_every_rule(check: Check) -> None:
    assert check(_workflow()) == []


def _job(name: str, **changed: Any) -> Callable[[Workflow], object]:
    return lambda workflow: workflow["jobs"][name].update(changed)


def _step(name: str, **step: Any) -> Callable[[Workflow], object]:
    return lambda workflow: workflow["jobs"][name]["steps"].append(step)


SEEDED: list[tuple[Check, Callable[[Workflow], object]]] = [
    (tokens_are_for_jobs_that_take_a_role, lambda workflow: workflow.pop("permissions")),
    (tokens_are_for_jobs_that_take_a_role, _job("test", permissions={"contents": "write"})),
    (tokens_are_for_jobs_that_take_a_role, lambda workflow: workflow["jobs"]["preview"].pop("environment")),
    (no_long_lived_key_is_used, _step("test", **{"with": {"aws-access-key-id": "x"}})),
    (no_expression_reaches_a_shell, _step("test", run="git log ${{ github.head_ref }}")),
    (no_expression_reaches_a_shell, _step("update", run='echo "$PULUMI_ACCESS_TOKEN"')),
    (secrets_go_to_pulumi_alone, _job("test", env={"TOKEN": "${{ secrets.TOKEN }}"})),
    (secrets_go_to_pulumi_alone, _step("test", run="make test", env={"TOKEN": "${{ secrets.TOKEN }}"})),
    (actions_are_pinned_by_commit, _step("test", uses="actions/checkout@v6")),
    (forks_get_no_role, _job("preview", **{"if": "github.event_name == 'pull_request'"})),
    (forks_get_no_role, lambda workflow: workflow[True].update(pull_request_target=None)),
    (updates_wait_for_tests_approval_and_each_other, _job("update", needs=["test"])),
    (updates_wait_for_tests_approval_and_each_other, _job("update", concurrency={"group": "update"})),
    (updates_wait_for_tests_approval_and_each_other, _job("update", **{"if": "github.event_name == 'push'"})),
    (updates_wait_for_tests_approval_and_each_other, _step("images", run="pulumi up --yes")),
    (checkouts_leave_no_token, _step("test", uses="actions/checkout@" + "0" * 40)),
    (every_job_ends, _job("test", **{"timeout-minutes": 360})),
]


@pytest.mark.parametrize(("check", "spoil"), SEEDED)
def test_check_catches_a_seeded_fault(check: Check, spoil: Callable[[Workflow], object]) -> None:
    workflow = copy.deepcopy(_workflow())
    workflow["jobs"]["images"].update({"if": "true", "needs": []})

    spoil(workflow)

    assert check(workflow) != []


def test_every_check_has_a_seeded_fault() -> None:
    assert {check for check, _ in SEEDED} == set(CHECKS)


def _validated(file: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", str(file)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_workflow_is_valid_by_the_forges_schema() -> None:
    done = _validated(FILE)

    assert done.returncode == 0, done.stdout


def test_the_schema_refuses_a_workflow_with_a_misspelt_key(tmp_path: Path) -> None:
    wrong = tmp_path / "ci.yaml"
    wrong.write_text(TEXT.replace("runs-on:", "run-on:", 1), encoding="utf-8")

    assert _validated(wrong).returncode == 1


def test_every_make_target_of_the_workflow_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    used = {step["run"].removeprefix("make ") for _, step in _steps(_workflow()) if "make" in step.get("run", "")}

    assert used == {"install", "check", "test", "test-images"}
    assert used <= targets


def test_each_pinned_commit_has_its_version_beside_it_and_is_the_same_everywhere() -> None:
    pins = re.findall(r"uses: ([\w-]+/[\w-]+)@([0-9a-f]{40}) # (v\d+\.\d+\.\d+)$", TEXT, re.MULTILINE)

    assert len(pins) == TEXT.count("uses:")
    assert len(set(pins)) == len({action for action, _, _ in pins})


def test_pulumi_is_the_version_of_the_language_package() -> None:
    [pinned] = set(re.findall(r"pulumi-version: (\S+)", TEXT))

    assert f"pulumi=={pinned} " in (ROOT / "requirements.txt").read_text(encoding="utf-8")
