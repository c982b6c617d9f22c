"""Starts child processes with a log file, waits for them, and ends them with all of their children."""

import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import psutil

from local.errors import LocalStackError

LOG_LINES_SHOWN = 15
LAST_WORDS_LINES = 5


class ChildProcess:
    """One program of the stack. Its output goes to a log file, which a failure quotes."""

    def __init__(self, name: str, command: Sequence[str], *, log_file: Path, env: Mapping[str, str], cwd: Path) -> None:
        self.name = name
        self._command = list(command)
        self._log_file = log_file
        self._env = dict(env)
        self._cwd = cwd
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Returns the process's id while it runs."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self) -> None:
        """Starts it in its own session, so that Ctrl-C reaches only us and we end it in order."""
        self._log_file.parent.mkdir(parents=True, exist_ok=True)
        self._cwd.mkdir(parents=True, exist_ok=True)
        with self._log_file.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                env=self._env, cwd=self._cwd, start_new_session=True,
            )  # fmt: skip

    def wait_until(self, ready: Callable[[], bool], *, timeout_seconds: float) -> None:
        """Waits until it answers. Raises LocalStackError with the log's end when it dies or takes too long."""
        deadline = time.monotonic() + timeout_seconds
        while not ready():
            if self.pid is None:
                raise LocalStackError(f"{self.name} ended while starting.\n{self._log_end()}")
            if time.monotonic() > deadline:
                raise LocalStackError(f"{self.name} did not answer in {timeout_seconds:.0f} s.\n{self._log_end()}")
            time.sleep(0.05)

    def stop(self, *, grace_seconds: float = 10) -> None:
        """Ends it and every process below it; nothing is left when this returns."""
        if self._process is not None:
            end_tree(self._process.pid, grace_seconds=grace_seconds)
            self._process.wait()
            self._process = None

    def last_words(self) -> str | None:
        """Says how it ended unasked, with the end of its log; None while it runs, or when it isn't started."""
        code = self._process.poll() if self._process else None
        if code is None:
            return None
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return f"{self.name} has ended unasked ({how}).\n{self._log_end(LAST_WORDS_LINES)}"

    def _log_end(self, most: int = LOG_LINES_SHOWN) -> str:
        lines = self._log_file.read_text(errors="replace").splitlines()[-most:]
        return f"The end of {self._log_file}:\n" + "\n".join(f"  {line}" for line in lines)


def end_tree(pid: int, *, grace_seconds: float = 10) -> None:
    """Asks a process and all below it to end; kills what still runs after the grace."""
    try:
        root = psutil.Process(pid)
        family = [*root.children(recursive=True), root]
    except psutil.NoSuchProcess:
        return
    for process in family:
        _quietly(process.terminate)
    _, alive = psutil.wait_procs(family, timeout=grace_seconds)
    for process in alive:
        _quietly(process.kill)
    psutil.wait_procs(alive, timeout=5)


def _quietly(send: Callable[[], object]) -> None:
    try:
        send()
    except psutil.NoSuchProcess:
        return
