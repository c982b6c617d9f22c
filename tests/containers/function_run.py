"""A function under test, driven by the Runtime API: in its container, or as the same handler in a plain process."""

import contextlib
import os
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.layout import ROOT
from local.services.container_engine import ContainerEngine
from tests.containers.door import LABEL, door
from tests.containers.runtime_api import Answer, RuntimeApi

ANSWER_SECONDS = 20.0
GRACE_SECONDS = 10.0


@dataclass(kw_only=True)
class FunctionRun:
    """One execution environment. `container` is its name; None for a process."""

    api: RuntimeApi
    process: "subprocess.Popen[bytes]"
    log_file: Path
    container: str | None

    def invoke(self, event: Any, *, timeout_seconds: float = ANSWER_SECONDS) -> Answer:
        """Hand over an event and wait for the answer; a function that gives none fails the test, with its log."""
        self.api.hand_over(event, timeout_seconds=timeout_seconds)
        return self.answer(timeout_seconds + GRACE_SECONDS)

    def answer(self, wait_seconds: float = ANSWER_SECONDS) -> Answer:
        """The next answer, or the reason why there is none, as a failure."""
        answer = self.api.answer(wait_seconds)
        assert answer is not None, f"no answer in {wait_seconds} s; its log:\n{self.log()}"
        return answer

    def log(self) -> str:
        """Everything that it has written so far."""
        return self.log_file.read_text(errors="replace")


@contextlib.contextmanager
def in_a_container(
    engine: ContainerEngine,
    image: str,
    *,
    variables: Mapping[str, str],
    ports: list[int],
    memory_megabytes: int,
    command: str | None = None,
) -> Iterator[FunctionRun]:
    """The image under Lambda's limits, with these ports of this machine and no other network."""
    name = f"driftless-function-{uuid.uuid4().hex[:12]}"
    with _started_api() as (api, folder), door(engine, image, [*ports, api.port]) as network:
        words = engine.run_command(
            image,
            *([command] if command else []),
            memory_megabytes=memory_megabytes,
            network=network,
            options=["--name", name, f"--label={LABEL}", *(f"--env={key}" for key in _variables(variables, api))],
        )
        with _started(words, api, folder, os.environ | _variables(variables, api), name) as run:
            try:
                yield run
            finally:
                engine.remove_containers([name])


@contextlib.contextmanager
def as_a_process(handler: str, *, variables: Mapping[str, str]) -> Iterator[FunctionRun]:
    """The same handler with AWS's runtime client in this Python, without a container."""
    with _started_api() as (api, folder):
        words = [sys.executable, "-B", "-m", "awslambdaric", handler]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        with _started(words, api, folder, environment | _variables(variables, api), None, cwd=ROOT / "images") as run:
            try:
                yield run
            finally:
                run.process.kill()


@contextlib.contextmanager
def _started_api() -> Iterator[tuple[RuntimeApi, Path]]:
    api = RuntimeApi("under-test")
    try:
        with tempfile.TemporaryDirectory() as folder:
            yield api, Path(folder)
    finally:
        api.close()


@contextlib.contextmanager
def _started(
    words: list[str],
    api: RuntimeApi,
    folder: Path,
    environment: Mapping[str, str],
    container: str | None,
    cwd: Path = ROOT,
) -> Iterator[FunctionRun]:
    log_file = folder / "log"
    with log_file.open("wb") as log:
        process = subprocess.Popen(words, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=environment, cwd=cwd)
    try:
        yield FunctionRun(api=api, process=process, log_file=log_file, container=container)
    finally:
        process.wait(timeout=30)


def _variables(variables: Mapping[str, str], api: RuntimeApi) -> dict[str, str]:
    """What Lambda sets, and what the deployment does."""
    lambda_own = {
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{api.port}",
        "AWS_LAMBDA_FUNCTION_NAME": "under-test",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }
    return {**lambda_own, **variables}
