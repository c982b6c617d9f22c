"""`driftless` as a user has it: installed from this clone without a network, called from a folder of theirs."""

import json
import os
import re
import site
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from driftless.__main__ import main
from local.last_end import last_end
from local.layout import DIRECTORY_VARIABLE, ROOT, Layout
from tools.reference.commands import arguments, commands

TYPED = [typed.removeprefix("python -m ") for typed in commands()]
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Does what `make install` does, in an environment of its own that borrows this one's packages.

    The path has a space, and there is no network.
    """
    environment = tmp_path_factory.mktemp("a space") / "environment"
    uv = Path(sys.executable).with_name("uv")
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, environment], check=True)
    (packages,) = (environment / "lib").glob("python*/site-packages")
    (packages / "borrowed.pth").write_text("\n".join(site.getsitepackages()))
    options = ["--quiet", "--offline", "--no-deps", "--python", str(environment / "bin" / "python")]
    subprocess.run([uv, "pip", "install", *options, "-e", str(ROOT)], check=True)
    return environment / "bin" / "driftless"


@pytest.fixture
def run(installed: Path, tmp_path: Path) -> Run:
    """Runs it in an empty folder."""

    def start(*words: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | variables
        command = [str(installed), *words]
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    return start


@pytest.fixture
def with_pulumi(tmp_path: Path) -> dict[str, str]:
    """Puts a stand-in of Pulumi, which notes where it runs, onto the path."""
    cli = tmp_path / "bin" / "pulumi"
    cli.parent.mkdir()
    cli.write_text(f'#!/bin/sh\npwd >> "{tmp_path}/places"\necho "{{}}"\n')
    cli.chmod(0o755)
    return {"PATH": f"{cli.parent}:{os.environ['PATH']}"}


def test_it_runs_from_any_folder(run: Run) -> None:
    shown = run("local", "up", "--help")
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.startswith("usage: driftless local up ")


@pytest.mark.parametrize("typed", TYPED)
def test_every_command_has_help_that_speaks_of_driftless(typed: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main([*typed.split(), "--help"])
    shown = capsys.readouterr().out
    assert end.value.code == 0
    assert shown.startswith(f"usage: driftless {typed} ")
    assert f"Example: driftless {typed}" in " ".join(shown.split())


@pytest.mark.parametrize("words", [[], ["locl"], ["local", "upp"], ["ops", "verfy"], ["completion", "csh"]])
def test_a_mistake_is_wrong_usage(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(words)
    assert end.value.code == 2
    assert "driftless" in capsys.readouterr().err.splitlines()[0]


def test_a_path_that_a_user_names_is_one_of_the_users_folder(run: Run, tmp_path: Path) -> None:
    assert "No such file" in run("ops", "verify", "--outputs", "outputs.json").stderr
    (tmp_path / "outputs.json").write_text("{}")
    assert "outputs.json lacks the outputs table_name" in run("ops", "verify", "--outputs", "outputs.json").stderr


def test_a_relative_folder_of_a_stack_is_one_of_the_users_folder_for_its_process_too(run: Run, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        up = run("local", "up", "--detach", "--aws-port", str(port), **{DIRECTORY_VARIABLE: "stack"})
    assert f"Port {port} (the embedded AWS) is taken" in up.stderr
    assert f"Port {port}" in last_end(Layout(directory=tmp_path / "stack"))


def test_pulumi_runs_where_its_program_is(run: Run, tmp_path: Path, with_pulumi: dict[str, str]) -> None:
    assert run("ops", "verify", "--stack", "dev", **with_pulumi).returncode == 1
    assert run("trial", **with_pulumi, AWS_ENDPOINT_URL_STS="http://127.0.0.1:9").returncode == 1
    places = (tmp_path / "places").read_text().splitlines()
    assert len(places) > 1
    assert set(places) == {str(ROOT)}


BASH = r"""
eval "$("$1" completion bash)"
function=$(complete -p driftless | sed 's/.*-F \([^ ]*\).*/\1/')
while read -r line; do
  read -r -a COMP_WORDS <<< "$line"
  [ "${line: -1}" = "|" ] && COMP_WORDS[-1]=""
  COMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 )); COMPREPLY=()
  "$function" driftless "${COMP_WORDS[-1]}" "${COMP_WORDS[-2]}"
  echo "${COMPREPLY[*]}"
done
"""


def completed(installed: Path, *lines: str) -> list[list[str]]:
    """Returns what Bash offers at the end of each line; a bar stands for a new word."""
    words = ["bash", "--norc", "-c", BASH, "bash", str(installed)]
    answer = subprocess.run(words, input="\n".join(lines) + "\n", capture_output=True, text=True, check=True)
    return [line.split() for line in answer.stdout.splitlines()]


def flags(typed: str) -> set[str]:
    return {"--help"} | {flag for action in arguments(f"python -m {typed}") for flag in action.option_strings}


def test_bash_completes_every_command_and_every_flag(installed: Path) -> None:
    offered = completed(installed, *(f"driftless {typed} --" for typed in TYPED))
    assert {typed: set(words) for typed, words in zip(TYPED, offered, strict=True)} == {
        typed: flags(typed) for typed in TYPED
    }
    groups, local, ops, shells = completed(
        installed, "driftless |", "driftless local |", "driftless ops |", "driftless completion |"
    )
    assert set(groups) == {"local", "ops", "trial", "completion"}
    assert {f"local {name}" for name in local} | {f"ops {name}" for name in ops} == set(TYPED)
    assert shells == ["bash", "zsh", "fish"]


def test_bash_completes_files_where_a_file_is_meant(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "request.json").touch()
    (found,) = completed(installed, f"driftless ops resend --mend {tmp_path}/req")
    assert found == [f"{tmp_path}/request.json"]


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_the_other_shells_know_every_command_and_flag(run: Run, shell: str) -> None:
    script = run("completion", shell).stdout
    known = set(re.findall(r"-?-?[a-z][a-z-]+", script))
    assert {name.rpartition(" ")[2] for name in TYPED} <= known
    for typed in TYPED:
        assert {flag if shell == "zsh" else flag.removeprefix("--") for flag in flags(typed)} <= known, typed


@pytest.mark.parametrize(("target", "command"), [("up", "local up"), ("demo", "local demo")])
def test_make_hands_its_options_over(target: str, command: str) -> None:
    plan = ["make", "--dry-run", target, "OPTIONS=--aws-port 4570"]
    shown = subprocess.run(plan, cwd=ROOT, capture_output=True, text=True, check=True)
    assert f"-m {command} --aws-port 4570\n" in shown.stdout


def test_make_install_installs_it() -> None:
    plan = ["make", "--dry-run", "--always-make", "install"]
    shown = subprocess.run(plan, cwd=ROOT, capture_output=True, text=True, check=True)
    assert re.search(r"uv pip install .* -e \.\n", shown.stdout)
    pin = re.search(r"uv==(\S+)", shown.stdout)
    assert pin
    assert json.dumps(f"uv_build=={pin[1]}") in (ROOT / "pyproject.toml").read_text()
