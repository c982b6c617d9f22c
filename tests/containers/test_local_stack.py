"""The local stack with its functions in containers: the demo holds, and no container outlives what it belongs to."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from local.layout import ROOT
from local.services.container_engine import ContainerEngine
from local.services.function_containers import STACK_LABEL, FunctionContainers
from local.services.ports import free_port
from tests.containers.runtime_api import RuntimeApi

pytestmark = pytest.mark.containers


def wait_until(condition: Callable[[], bool], seconds: float = 30) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.2)
    return True


@pytest.fixture
def containers(engine: ContainerEngine, images: dict[str, str], tmp_path: Path) -> Iterator[FunctionContainers]:
    containers = FunctionContainers(engine=engine, stack=str(tmp_path / "stack"), images=images)
    yield containers
    containers.remove_all()


@pytest.fixture
def api() -> Iterator[RuntimeApi]:
    api = RuntimeApi("bootstrap")
    yield api
    api.close()


@pytest.fixture
def bootstrap(containers: FunctionContainers, api: RuntimeApi, tmp_path: Path) -> "subprocess.Popen[bytes]":
    """A function started as the embedded Lambda starts it, waiting for its first event."""
    script = containers.bootstrap(
        "sync_dynamodb_stream", command="changefeed.create_index.handler", memory_megabytes=256, variables=["TOLD"]
    )
    file = tmp_path / "bootstrap"
    file.write_text(script)
    file.chmod(0o755)
    given = {
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{api.port}",
        "AWS_REGION": "us-east-1",
        "TOLD": "yes",
        "UNTOLD": "no",
    }
    process = subprocess.Popen([file], env=os.environ | given, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    assert wait_until(lambda: api.polls > 0)
    return process


def test_a_function_that_is_ended_takes_its_container_along(
    bootstrap: "subprocess.Popen[bytes]", containers: FunctionContainers
) -> None:
    """SIGTERM, as the embedded Lambda sends it when a function's time is over."""
    (container,) = containers.engine.containers(f"{STACK_LABEL}={containers.stack}")
    environment = containers.engine.inspect(container)["Config"]["Env"]
    assert "TOLD=yes" in environment
    assert "UNTOLD=no" not in environment
    bootstrap.terminate()
    assert bootstrap.wait(timeout=20) == 143
    assert containers.engine.containers(f"{STACK_LABEL}={containers.stack}") == []


def test_a_container_whose_client_was_killed_is_found_and_removed(
    bootstrap: "subprocess.Popen[bytes]", containers: FunctionContainers
) -> None:
    family = [psutil.Process(bootstrap.pid), *psutil.Process(bootstrap.pid).children(recursive=True)]
    for process in family:
        process.kill()
    bootstrap.wait(timeout=20)
    assert containers.remove_all() == 1
    assert containers.remove_all() == 0


@pytest.mark.local
def test_the_demo_holds_in_containers_and_a_killed_stack_leaves_none(
    engine: ContainerEngine, images: dict[str, str], tmp_path: Path
) -> None:
    stack = tmp_path / "stack"
    environment = os.environ | {"DRIFTLESS_LOCAL_DIRECTORY": str(stack)}
    ports = ["--aws-port", str(free_port(4700, 4799)), "--opensearch-port", str(free_port(9240, 9259))]

    def local(*words: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "local", *words]
        return subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False
        )

    def running() -> list[str]:
        return engine.containers(f"{STACK_LABEL}={stack}")

    try:
        up = local("up", "--detach", "--containers", *ports)
        assert up.returncode == 0, up.stderr
        assert f"Building image 1 of {len(images)}" in up.stderr
        demo = local("demo", "--containers", "--analyses")
        assert demo.returncode == 0, demo.stdout + demo.stderr
        assert "All of it held." in demo.stdout
        report = json.loads((ROOT / "build" / "demo.json").read_text())
        assert {(index["missing"], index["stale"], index["orphaned"]) for index in report["indexes"].values()} == {
            (0, 0, 0)
        }
        assert set(report["analyses"]["states"].values()) == {"succeeded"}
        used = {engine.inspect(container)["Image"] for container in running()}
        expected = ("sync_dynamodb_stream", "sync_kinesis_stream", "table_api", "scilearn")
        assert used >= {images[folder] for folder in expected}
        assert used <= set(images.values())
        assert "batch settled" in local("logs", "sync_dynamodb_stream").stdout
        os.kill(int((stack / "lock").read_text()), signal.SIGKILL)
        assert wait_until(lambda: not running()), "the watchdog ends them"
    finally:
        local("down")
    assert running() == []
