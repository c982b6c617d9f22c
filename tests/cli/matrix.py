"""The rows of the edge matrix: for every command, arguments that work on a running local stack and change nothing.

The commands are found as the programs find them, so one without a row fails `test_every_command_has_its_row`.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cli.program import Program
from local.__main__ import PROGRAM as LOCAL
from local.layout import ROOT
from ops.__main__ import PROGRAM as OPS
from ops.smoke.checks import CHECKS

CONSUMER = "sync_dynamodb_stream"
PROGRAMS: Mapping[str, Program] = {"ops": OPS, "local": LOCAL}
COMMANDS = tuple(f"{package} {name}" for package, program in PROGRAMS.items() for name in program.commands)


@dataclass(frozen=True, kw_only=True)
class Row:
    """`required` is what the command can't be called without; `sample` works, and ends with `code`.

    `shows` are words of the answer that no width may cut. `elsewhere`: it is tried beside the running stack, not on it.
    """

    required: tuple[str, ...] = ()
    sample: tuple[str, ...] = ()
    code: int = 0
    shows: tuple[str, ...] = ()
    elsewhere: bool = False


ON_IT = ("--stack", "local")
ROWS: Mapping[str, Row] = {
    "ops backfill": Row(required=(CONSUMER,), sample=(*ON_IT, "--dry-run"), shows=("lab-table-dynamodb-stream",)),
    "ops probe": Row(sample=(CONSUMER, *ON_IT), shows=("lab-table-dynamodb-stream", "documents")),
    "ops redrive": Row(required=(CONSUMER,), sample=(*ON_IT, "--dry-run"), shows=(CONSUMER,)),
    "ops resend": Row(sample=(*ON_IT, "--dry-run"), shows=("analyses",)),
    "ops smoke": Row(
        sample=(*ON_IT, *(word for check in CHECKS if check.name != "indexes" for word in ("--skip", check.name))),
        shows=("lab-table-dynamodb-stream", "passed"),
    ),
    "ops verify": Row(sample=(CONSUMER, *ON_IT, "--settle", "0"), shows=("lab-table-dynamodb-stream", "Equal")),
    "local demo": Row(sample=("--outage", "5"), code=1, shows=("--kill-consumer",)),
    "local down": Row(elsewhere=True, shows=("No local stack runs.",)),
    "local logs": Row(required=(CONSUMER,), sample=("--lines", "5")),
    "local outputs": Row(shows=("lab-table-kinesis-stream", "opensearch_url")),
    "local status": Row(shows=("sync_kinesis_stream", "dead letters", "http://127.0.0.1")),
    "local up": Row(code=1, shows=("runs already",)),
}


def actions(typed: str) -> list[argparse.Action]:
    """Gives what the command declares."""
    package, name = typed.split()
    return PROGRAMS[package].parser(name, typed)._actions


def flags(typed: str) -> set[str]:
    return {flag for action in actions(typed) for flag in action.option_strings}


def call(typed: str, *more: str, sample: bool = True) -> list[str]:
    """Gives the command's name and arguments."""
    row = ROWS[typed]
    return [typed.split()[1], *row.required, *(row.sample if sample else ()), *more]


@dataclass(frozen=True, kw_only=True)
class Processes:
    """Runs commands as processes of their own, in an environment on top of this one."""

    environment: Mapping[str, str]
    folder: Path = ROOT

    def start(self, typed: str, *more: str, options: tuple[str, ...] = (), **streams: int) -> "subprocess.Popen[bytes]":
        """Starts one; `options` are the interpreter's."""
        command = [sys.executable, *options, "-m", typed.split()[0], *call(typed, *more)]
        # Not the suite's own path: what it loads into each process takes longer than the command's first second.
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "", **self.environment}
        if ROWS[typed].elsewhere:
            environment["DRIFTLESS_LOCAL_DIRECTORY"] += "-elsewhere"
        return subprocess.Popen(command, cwd=self.folder, env=environment, **streams)  # type: ignore[call-overload,no-any-return]

    def run(self, typed: str, *more: str, options: tuple[str, ...] = ()) -> tuple[int, str, str]:
        """Runs one. Gives exit code, standard output and standard error."""
        process = self.start(typed, *more, options=options, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        out, err = process.communicate(timeout=120)
        return process.returncode, out.decode(), err.decode()


def is_quiet(err: str) -> bool:
    """Says whether there is no traceback, and nothing that the interpreter says of one."""
    return not any(word in err for word in ("Traceback", "Exception ignored", "This is a bug", "Fatal Python error"))
