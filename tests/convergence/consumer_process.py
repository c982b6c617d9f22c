"""A consumer in a separate process, which can be killed: the real handler, an event a line in, an answer a line out.

As a program it is that process; `ConsumerProcess` is the caller's side. What the handler prints goes nowhere.
"""

import contextlib
import importlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
INVOCATION_SECONDS = 30.0


class ConsumerProcess:
    """The process of `HANDLER.handler` with these environment variables. Started at once; `kill` or `close` ends it."""

    def __init__(self, handler_module: str, environment: Mapping[str, str]) -> None:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        paths = os.pathsep.join((str(ROOT), str(ROOT / "images")))
        self._process = subprocess.Popen(
            [sys.executable, "-B", "-m", "tests.convergence.consumer_process", handler_module],
            cwd=ROOT,
            env={**inherited, **environment, "PYTHONPATH": paths},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def send(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Begin an invocation."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"Records": list(records)}).encode() + b"\n")
        self._process.stdin.flush()

    def answer(self) -> list[str]:
        """Wait for the invocation's end; gives the reported sequence numbers. AssertionError when it raised."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the process answers"
        answer = json.loads(line)
        assert "raised" not in answer, answer
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    def kill(self) -> None:
        """End it in the middle of an invocation. AssertionError when it was not killed, or had answered before."""
        assert self._process.stdout is not None
        self._process.send_signal(signal.SIGKILL)
        assert self._process.wait(10) == -signal.SIGKILL, "the process ended by itself"
        assert self._process.stdout.read() == b"", "the process answered before it was killed"
        self.close()

    def close(self) -> None:
        """End it, whatever it does."""
        self._process.kill()
        self._process.wait(10)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()


class _Context:
    """Lambda's context object, as far as a handler asks it."""

    def __init__(self) -> None:
        self._deadline = time.monotonic() + INVOCATION_SECONDS

    def get_remaining_time_in_millis(self) -> int:
        return int((self._deadline - time.monotonic()) * 1000)


def _serve(handler_module: str) -> None:
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # logs and metrics are printed
    handler = importlib.import_module(handler_module).handler
    for line in sys.stdin.buffer:
        try:
            answer = handler(json.loads(line), _Context())
        except Exception as error:  # as Lambda would report it
            answer = {"raised": type(error).__name__}
        answers.write(json.dumps(answer).encode() + b"\n")


if __name__ == "__main__":
    _serve(sys.argv[1])
