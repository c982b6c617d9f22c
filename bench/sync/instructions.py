"""Counts instructions a record by valgrind: the same on a busy machine as on a quiet one."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.sync.workload import RECORDS

ROOT = Path(__file__).resolve().parent.parent.parent
FEW, MORE = 2, 5
_COLLECTED = re.compile(r"Collected\s*:\s*(\d+)")


def can_count() -> bool:
    """Says whether valgrind is installed."""
    return shutil.which("valgrind") is not None


def instructions_per_record(name: str) -> float:
    """Counts for a piece of `workload`: the difference of few and more repetitions, so that its start doesn't count."""
    with tempfile.TemporaryDirectory() as directory:
        few, more = (_start(name, count, Path(directory)) for count in (FEW, MORE))
        return (_collected(more) - _collected(few)) / (MORE - FEW) / RECORDS


def _start(name: str, repetitions: int, directory: Path) -> "subprocess.Popen[str]":
    out = directory / f"{repetitions}.out"
    command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", sys.executable, "-m",
               "bench.sync.workload", name, str(repetitions)]  # fmt: skip
    environment = os.environ | {"PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def _collected(process: "subprocess.Popen[str]") -> int:
    output, _ = process.communicate(timeout=300)
    found = _COLLECTED.search(output)
    if process.returncode or not found:
        raise RuntimeError(f"valgrind could not count: {output[-2000:]}")
    return int(found[1])
