"""renovate.json: Renovate's own schema, and that its patterns meet the files they are for."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from local.layout import ROOT
from local.services.function_containers import image_folders
from tools.image_requirements import OPTIONS

IMAGES = ROOT / "images"

# Of uv's options those that Renovate's manager pip-compile runs again; it refuses a file made with another one.
# Source: renovate, lib/modules/manager/pip-compile/common.ts, `allowedOptions`
RENOVATE_KNOWS = {
    "--universal",
    "--fork-strategy",
    "--generate-hashes",
    "--python-version",
    "--overrides",
    "--output-file",
}


def checked(config: Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.renovate", str(config)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def config() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((ROOT / "renovate.json").read_text())
    return loaded


def matches(patterns: list[str], path: str) -> bool:
    """Renovate's regular expressions stand between slashes."""
    return any(re.search(pattern.strip("/"), path) for pattern in patterns)


def test_renovates_schema_takes_the_configuration() -> None:
    answer = checked(ROOT / "renovate.json")
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_the_schema_refuses_a_misspelt_value(tmp_path: Path, config: dict[str, Any]) -> None:
    config["dockerfile"]["pinDigests"] = "yes"
    broken = tmp_path / "renovate.json"
    broken.write_text(json.dumps(config))
    assert checked(broken).returncode == 1


def test_base_images_get_digests(config: dict[str, Any]) -> None:
    assert config["dockerfile"]["pinDigests"] is True
    assert "helpers:pinGitHubActionDigests" in config["extends"]
    assert {"dockerfile", "github-actions", "pip-compile", "pip_requirements"} <= set(config["enabledManagers"])


@pytest.mark.parametrize("folder", image_folders())
def test_the_hashed_lists_are_made_again(config: dict[str, Any], folder: str) -> None:
    assert matches(config["pip-compile"]["managerFilePatterns"], f"images/{folder}/requirements.txt")
    assert not matches(config["pip-compile"]["managerFilePatterns"], "requirements.txt")
    assert config["pip_requirements"]["ignorePaths"] == ["images/**"]
    command = (IMAGES / folder / "requirements.txt").read_text().splitlines()[1]
    assert re.match(r"# {4}uv pip compile ", command)


def test_the_transitive_pins_are_watched_too(config: dict[str, Any]) -> None:
    assert matches(config["pip_requirements"]["managerFilePatterns"], "constraints.txt")


def test_renovate_can_run_the_command_that_made_the_lists() -> None:
    assert {option.split("=")[0] for option in OPTIONS} <= RENOVATE_KNOWS
