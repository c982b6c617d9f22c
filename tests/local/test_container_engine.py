"""Which container engine is chosen, and what is said where none works. The clients here are scripts."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from local.errors import LocalStackError
from local.layout import ROOT
from local.services.container_engine import ContainerEngine, find_engine
from local.services.function_containers import STACK_LABEL, FunctionContainers

SILENT = "exit 1"
WITHOUT_BUILDKIT = '[ "$1" = version ]'
WORKING = """
case "$1" in
  build)
    echo "$@" >> "$0.calls"
    while [ $# -gt 0 ]; do [ "$1" = --iidfile ] && printf 'sha256:abc' > "$2"; shift; done ;;
  version) echo 20.10 ;;
esac
"""


def client(folder: Path, name: str, script: str) -> str:
    folder.mkdir(exist_ok=True)
    file = folder / name
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    return str(file)


def test_the_first_client_on_the_path_that_builds_is_taken_not_the_first_by_name(tmp_path: Path) -> None:
    client(tmp_path / "a", "docker", SILENT)
    client(tmp_path / "b", "docker", WITHOUT_BUILDKIT)
    client(tmp_path / "c", "podman", WORKING)
    works = client(tmp_path / "d", "docker", WORKING)
    path = os.pathsep.join([*(str(tmp_path / name) for name in "abcd"), os.environ["PATH"]])
    assert find_engine({"PATH": path}).client == works


def test_a_client_named_by_a_relative_path_is_found_from_every_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    works = client(tmp_path, "engine", WORKING)
    monkeypatch.chdir(tmp_path)
    named = {"PATH": os.environ["PATH"], "DRIFTLESS_CONTAINER_ENGINE": "./engine"}
    assert find_engine(named).client == works


def test_the_named_client_is_the_only_one_asked_and_its_settings_reach_the_build(tmp_path: Path) -> None:
    works = client(tmp_path, "engine", WORKING)
    engine = find_engine(
        {
            "PATH": os.environ["PATH"],
            "DRIFTLESS_CONTAINER_ENGINE": works,
            "DRIFTLESS_BASE_IMAGE": "base:1",
            "DRIFTLESS_BUILD_OPTIONS": "--network host --label 'a b'",
        }
    )
    assert engine.build("table_api", arguments={"EXTENSIONS_IMAGE": "more:1"}) == "sha256:abc"
    call = Path(f"{works}.calls").read_text().splitlines()[-1]
    assert call.startswith("build --network host --label a b --build-arg=BASE_IMAGE=base:1 ")
    assert "--build-arg=EXTENSIONS_IMAGE=more:1" in call
    assert call.endswith(f"--file {ROOT}/images/table_api/Dockerfile {ROOT}/images")


@pytest.mark.parametrize(
    ("script", "reason"), [(SILENT, "does not answer"), (WITHOUT_BUILDKIT, "ignore file"), (None, "neither docker nor")]
)
def test_where_none_works_the_error_says_why_and_what_to_do(tmp_path: Path, script: str | None, reason: str) -> None:
    if script is not None:
        client(tmp_path, "docker", script)
    with pytest.raises(LocalStackError, match=reason) as failure:
        find_engine({"PATH": str(tmp_path)})
    assert "DRIFTLESS_CONTAINER_ENGINE" in str(failure.value)
    assert ".ci/container-engine" in str(failure.value)


@pytest.mark.parametrize("words", [["local.services.container_engine"], ["local", "up", "--containers"]])
def test_a_command_that_needs_an_engine_ends_with_1_where_none_answers(tmp_path: Path, words: list[str]) -> None:
    environment = os.environ | {
        "DRIFTLESS_CONTAINER_ENGINE": str(tmp_path / "nothing"),
        "DRIFTLESS_LOCAL_DIRECTORY": str(tmp_path / "stack"),
    }
    ended = subprocess.run(
        [sys.executable, "-m", *words], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert "does not answer" in ended.stderr
    assert not (tmp_path / "stack").exists()


def test_a_build_that_fails_shows_its_own_output(tmp_path: Path) -> None:
    broken = client(tmp_path, "docker", "echo step 3 of 9; echo no such package >&2; exit 1")
    with pytest.raises(LocalStackError, match=r"(?s)table_api could not be built.*step 3 of 9.*no such package"):
        ContainerEngine(client=broken).build("table_api")


def test_a_bootstrap_passes_variables_by_name_only_and_labels_its_container(tmp_path: Path) -> None:
    containers = FunctionContainers(
        engine=ContainerEngine(client="docker"), stack="/a stack's", images={"table_api": "sha256:abc"}
    )
    script = containers.bootstrap("table_api", command=None, memory_megabytes=512, variables=["TABLE_NAME"])
    assert "--env=TABLE_NAME" in script
    assert f"--label={STACK_LABEL}=/a stack" in script
    assert "--memory 512m --memory-swap 512m" in script
    assert script.rstrip().splitlines()[-3].endswith("sha256:abc &"), "the image's own command"
    checked = subprocess.run(["sh", "-n"], input=script, text=True, capture_output=True, check=False)
    assert checked.returncode == 0, checked.stderr
    with pytest.raises(LocalStackError, match="images/other"):
        containers.bootstrap("other", command=None, memory_megabytes=512, variables=[])
