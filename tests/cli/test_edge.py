"""What the edge makes of each way to end, shown on a program whose one command ends in all of them."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cli.program import Program, commands_in
from local.layout import ROOT
from ops.__main__ import PROGRAM as OPS
from tests.cli.matrix import is_quiet

COMMAND = '''"""End in one of many ways.

Example: python -m faulty end well
"""

import os, signal, sys, threading, time

WAYS = {
    "well": lambda: print("caf\\u00e9"),
    "bug": lambda: {}["a secret value"],
    "full": lambda: open("/dev/full", "w").write("x" * 100_000),
    "gone": lambda: open("/no/such/file"),
    "service": lambda: (_ for _ in ()).throw(BrokenPipeError(32, "Broken pipe")),
    "thread": lambda: (threading.Thread(target=print, args=["x"]).start(), time.sleep(0.2)),
    "interrupted": lambda: (os.kill(os.getpid(), signal.SIGINT), time.sleep(5)),
    "slow": lambda: time.sleep(2),
    "known": lambda: (_ for _ in ()).throw(ZeroDivisionError("known to `explain`")),
}


def add_arguments(parser):
    parser.add_argument("way", metavar="WAY", choices=WAYS)


def run(options):
    WAYS[options.way]()
    return 0
'''
MAIN = """
from cli import first
first.end_at_once()
from cli.edge import end_with, run_program
from cli.program import Program, commands_in

PROGRAM = Program(prog="python -m faulty", description="Fails.", example="python -m faulty end well",
                  commands=commands_in("faulty.commands"), explain="faulty.explain")
end_with(lambda arguments: run_program(PROGRAM, arguments, PROGRAM.prog))
"""
EXPLAIN = "def explain(error):\n    return str(error) if isinstance(error, ZeroDivisionError) else None\n"

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    files = {"__init__": "", "__main__": MAIN, "explain": EXPLAIN, "commands/__init__": "", "commands/end": COMMAND}
    for name, text in files.items():
        file = tmp_path / "faulty" / f"{name}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def start(
        way: str, *options: str, stdout: int = subprocess.PIPE, **environment: str
    ) -> "subprocess.CompletedProcess[str]":
        variables = {
            **os.environ,
            "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}",
            "TMPDIR": str(tmp_path),
            **environment,
        }
        return subprocess.run([sys.executable, *options, "-m", "faulty", "end", way], env=variables, cwd=tmp_path,
                              stdout=stdout, stderr=subprocess.PIPE, text=True, check=False)  # fmt: skip

    return start


@pytest.fixture(autouse=True)
def _interruptible() -> Iterator[None]:
    """Takes SIGINT: a background job of a shell ignores it, and so would every process that it starts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_a_command_that_ends_well(run: Run) -> None:
    ended = run("well")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "café\n", "")


def test_text_that_the_locale_lacks_is_written_plainly(run: Run) -> None:
    ended = run("well", LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    assert (ended.returncode, ended.stdout) == (0, "caf\\xe9\n")


def test_a_bug_is_one_line_and_keeps_its_traceback_in_a_file(run: Run) -> None:
    ended = run("bug")
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (70, "", 1)
    assert ended.stderr.startswith("This is a bug of `python -m faulty end`: KeyError")
    assert "secret" not in ended.stderr
    file = Path(ended.stderr.partition("report it with ")[2].partition(", or see")[0])
    assert "KeyError: 'a secret value'" in file.read_text()
    file.unlink()


def test_a_bug_is_whole_where_one_debugs(run: Run) -> None:
    ended = run("bug", DRIFTLESS_DEBUG="1")
    assert ended.returncode == 70
    assert "Traceback" in ended.stderr


@pytest.mark.parametrize(
    ("way", "said"),
    [("full", "No space left on device.\n"), ("gone", "/no/such/file: No such file or directory.\n"),
     ("known", "known to `explain`\n"), ("service", "Broken pipe.\n")],
)  # fmt: skip
def test_what_the_machine_or_a_service_refuses_is_no_bug(run: Run, way: str, said: str) -> None:
    ended = run(way)
    assert (ended.returncode, ended.stdout, ended.stderr) == (1, "", said)


@pytest.mark.parametrize("way", ["well", "thread"])
def test_a_reader_that_is_gone_ends_it_quietly(run: Run, way: str) -> None:
    read, write = os.pipe()
    os.close(read)
    ended = run(way, stdout=write)
    os.close(write)
    assert is_quiet(ended.stderr), ended.stderr
    assert ended.returncode == {"well": 141, "thread": 0}[way]


def test_a_command_that_says_nothing_gives_a_sign_of_life(run: Run) -> None:
    ended = run("slow")
    assert (ended.returncode, ended.stdout) == (0, "")
    assert ended.stderr.startswith("... 1 s: end begins\n")


def test_an_interrupt_in_the_work_unwinds_it(run: Run) -> None:
    ended = run("interrupted")
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "Interrupted.\n")


def test_help_stays_without_docstrings(run: Run) -> None:
    ended = run("--help", "-OO")
    assert ended.returncode == 0
    assert "End in one of many ways." in ended.stdout
    assert ended.stdout.endswith("Example: python -m faulty end well\n")


def test_a_command_without_an_example_is_an_error_for_its_writer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mute").mkdir()
    (tmp_path / "mute" / "__init__.py").write_text("")
    (tmp_path / "mute" / "command.py").write_text('"""Do something."""\n')
    monkeypatch.syspath_prepend(str(tmp_path))
    program = Program(prog="p", description="d", example="p", commands=commands_in("mute"), explain="e")
    with pytest.raises(ValueError, match=r"mute\.command has no last paragraph"):
        program.overview("p")


def test_only_the_called_command_is_imported() -> None:
    code = "import sys; from ops.__main__ import PROGRAM; PROGRAM.overview('p'); print('boto3' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, env={})
    assert shown.stdout == "False\n"
    assert OPS.commands["verify"] == "ops.commands.verify"
