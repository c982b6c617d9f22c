"""`python -m local ...` as a user runs it: processes of their own, in a folder of their own."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests
from requests_aws4auth import AWS4Auth

from local.last_end import KILLED
from local.layout import ROOT
from local.services.ministack import REGION
from local.services.ports import free_port

pytestmark = pytest.mark.local


@dataclass(frozen=True, kw_only=True)
class CommandLine:
    """Runs commands against a stack in one folder."""

    directory: Path
    aws_port: int
    opensearch_port: int

    @property
    def environment(self) -> dict[str, str]:
        return os.environ | {"DRIFTLESS_LOCAL_DIRECTORY": str(self.directory)}

    @property
    def ports(self) -> list[str]:
        return ["--aws-port", str(self.aws_port), "--opensearch-port", str(self.opensearch_port)]

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "local", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )

    def services(self) -> list[psutil.Process]:
        """The services alone, without the command that starts them."""
        return [process for process in self.processes() if "local" not in process.cmdline()]

    def processes(self) -> list[psutil.Process]:
        """Everything that belongs to this stack, found by its folder or port, whoever its parent is."""
        mine = []
        for process in psutil.process_iter():
            try:
                words = " ".join(process.cmdline())
                environment = process.environ() if "awslambdaric" in words or "ministack" in words else {}
            except psutil.Error:
                continue
            here = environment.get("GATEWAY_PORT") == str(self.aws_port) or environment.get(
                "AWS_ENDPOINT_URL", ""
            ).endswith(f":{self.aws_port}")
            if here or str(self.directory) in words:
                mine.append(process)
        return mine


@pytest.fixture
def command(tmp_path: Path) -> Iterator[CommandLine]:
    command = CommandLine(
        directory=tmp_path / "stack", aws_port=free_port(4700, 4799), opensearch_port=free_port(9240, 9259)
    )
    yield command
    command("down")


def wait_until_gone(command: CommandLine, seconds: float = 15) -> list[psutil.Process]:
    deadline = time.monotonic() + seconds
    while command.processes() and time.monotonic() < deadline:
        time.sleep(0.2)
    return command.processes()


def test_a_stack_comes_up_answers_every_command_and_goes_without_a_trace(command: CommandLine) -> None:
    up = command("up", "--detach", *command.ports)
    assert up.returncode == 0, up.stdout + up.stderr

    outputs = json.loads(command("outputs", "--json").stdout)
    assert outputs["aws_endpoint_url"] == f"http://127.0.0.1:{command.aws_port}"
    assert outputs["opensearch_url"] == f"http://127.0.0.1:{command.opensearch_port}"
    exports = {"api_url", "table_name", "table_stream_arn", "kinesis_stream_name", "collection_endpoint"}
    exports |= {"indexes", "dead_letter_queues", "functions"}
    assert exports <= outputs.keys()
    assert requests.get(f"{outputs['opensearch_url']}/{outputs['reader_alias']}/_count", timeout=5).status_code == 200

    again = command("up", *command.ports)
    assert again.returncode == 1
    assert "runs already" in again.stderr

    status = json.loads(command("status", "--json").stdout)
    assert status["items"] == 0
    assert status["indexes"] == {"sync_dynamodb_stream": 0, "sync_kinesis_stream": 0}
    assert "sync_kinesis_stream" in command("status").stdout
    assert outputs["table_name"] in command("outputs").stdout

    function = outputs["functions"]["sync_dynamodb_stream"]
    creation = command("logs", f"{function}-index")
    unknown = command("logs", "no-such-function")
    assert unknown.returncode == 1
    assert function in unknown.stderr
    assert creation.returncode == 0, creation.stderr
    assert "index is there" in creation.stdout
    assert "\tMemory Size: " in creation.stdout
    assert "Memory Used" not in creation.stdout  # which nobody has measured
    everything = command("logs").stdout.splitlines()
    assert {line.partition(": ")[0] for line in everything} >= {f"{name}-index" for name in consumers(outputs)}
    assert len(command("logs", "--lines", "2").stdout.splitlines()) == 2
    assert command("logs", "--lines", "0").returncode == 2
    follow_a_function_that_has_no_log_yet(command, outputs)

    listeners = [
        connection.laddr.ip
        for process in command.processes()
        for connection in process.net_connections(kind="inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert listeners
    assert set(listeners) <= {"127.0.0.1", "::ffff:127.0.0.1"}

    index = outputs["indexes"]["sync_kinesis_stream"]
    requests.delete(f"{outputs['opensearch_url']}/{index}", timeout=20).raise_for_status()
    status_then = command("status")
    assert status_then.returncode == 1
    assert "The index of sync_kinesis_stream does not answer" in status_then.stderr

    down = command("down")
    assert down.returncode == 0, down.stderr
    assert wait_until_gone(command) == []
    ended = command("status")
    assert ended.returncode == 1
    assert ended.stderr == "No local stack is up. Start one: python -m local up --detach\n"  # it was asked to end


def consumers(outputs: dict[str, Any]) -> list[str]:
    return [outputs["functions"][consumer] for consumer in outputs["indexes"]]


def follow(command: CommandLine, *words: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "local", "logs", "--follow", *words],
        cwd=ROOT, env=command.environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def follow_a_function_that_has_no_log_yet(command: CommandLine, outputs: dict[str, Any]) -> None:
    """Ctrl-C is the end that following is meant to have."""
    before = command("logs", "table_api")
    assert (before.returncode, before.stdout) == (0, "")
    following = follow(command, "table_api")
    try:
        signed = AWS4Auth("test", "test", REGION, "execute-api")
        answer = requests.get(f"{outputs['api_url']}/items/nobody", auth=signed, timeout=60)
        assert answer.status_code == 404
        assert following.stdout
        line = following.stdout.readline()  # the time-out of the test is the end of the waiting
        assert line.startswith("START RequestId: ")
    finally:
        following.send_signal(signal.SIGINT)
        _, errors = following.communicate(timeout=30)
    # A slow start is told; what is followed is not.
    assert (following.returncode, [line for line in errors.splitlines() if not line.startswith("... ")]) == (0, [])


def test_a_stack_whose_part_has_died_says_why_to_whoever_asks(command: CommandLine) -> None:
    assert command("up", "--detach", *command.ports).returncode == 0
    following = follow(command)
    assert following.stdout
    following.stdout.readline()  # it has begun
    (ministack,) = [one for one in command.services() if any("ministack" in word for word in one.cmdline())]
    ministack.kill()
    _, errors = following.communicate(timeout=60)
    assert following.returncode == 1
    why = "MiniStack has ended unasked (SIGKILL).\nThe end of "
    assert why in errors
    assert why in command("status").stderr
    assert why in command("logs", "table_api").stderr
    verify = [sys.executable, "-m", "ops", "verify", "--stack", "local"]
    shown = subprocess.run(verify, cwd=ROOT, env=command.environment, capture_output=True, text=True, check=False)
    assert shown.returncode == 1
    assert why in shown.stderr
    assert wait_until_gone(command) == []


def start_and_wait_for_a_service(command: CommandLine) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "local", "up", *command.ports],
        cwd=ROOT,
        env=command.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    deadline = time.monotonic() + 60
    while not command.services() and time.monotonic() < deadline:
        time.sleep(0.1)
    time.sleep(1)
    return process


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_a_starting_stack_ends_with_its_processes_by_any_signal(command: CommandLine, number: signal.Signals) -> None:
    process = start_and_wait_for_a_service(command)
    process.send_signal(number)
    output, _ = process.communicate(timeout=60)
    assert process.returncode != 0, output
    assert wait_until_gone(command) == []


def test_down_ends_a_stack_that_is_still_starting(command: CommandLine) -> None:
    process = start_and_wait_for_a_service(command)
    down = command("down")
    process.communicate(timeout=60)
    assert down.stdout == "Down.\n"
    assert wait_until_gone(command) == []


def test_a_stack_that_was_killed_takes_its_services_along(command: CommandLine) -> None:
    assert command("up", "--detach", *command.ports).returncode == 0
    psutil.Process(int((command.directory / "lock").read_text())).kill()
    assert wait_until_gone(command) == []
    status = command("status")
    assert status.returncode == 1
    assert KILLED in status.stderr
    assert command("down").stdout == "No local stack runs.\n"


def test_a_folder_with_other_files_is_left_alone(command: CommandLine) -> None:
    thesis = command.directory / "data" / "thesis.txt"
    thesis.parent.mkdir(parents=True)
    thesis.write_text("years of work")
    up = command("up", "--detach", *command.ports)
    assert up.returncode == 1
    assert "holds other files" in up.stderr
    assert thesis.read_text() == "years of work"


def test_a_taken_port_is_a_clear_error_and_leaves_nothing(command: CommandLine) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", command.aws_port))
        taken.listen()
        up = command("up", "--detach", *command.ports)
    assert up.returncode == 1
    assert f"Port {command.aws_port} (the embedded AWS) is taken" in up.stderr
    assert "--aws-port" in up.stderr
    assert command.processes() == []


@pytest.mark.parametrize("name", ["up", "down", "status", "outputs", "demo", "logs"])
def test_every_command_has_help_with_an_example(command: CommandLine, name: str) -> None:
    shown = command(name, "--help")
    assert shown.returncode == 0
    assert f"Example: python -m local {name}" in shown.stdout


def test_wrong_usage_exits_with_2(command: CommandLine) -> None:
    assert command("upp").returncode == 2
    assert command("up", "--aws-port", "many").returncode == 2
    assert command("up", "--aws-port", "99999").returncode == 2
    assert command("demo", "--outage", "-5").returncode == 2


def test_one_port_for_two_services_is_refused(command: CommandLine) -> None:
    up = command("up", "--aws-port", "9281", "--opensearch-port", "9281")
    assert up.returncode == 1
    assert "can't serve both" in up.stderr
