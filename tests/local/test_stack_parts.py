"""Ports, processes and the engine, without a stack."""

import os
import socket
import sys
from pathlib import Path

import psutil
import pytest
from pulumi.runtime.mocks import MockCallArgs, MockResourceArgs

from local.errors import LocalStackError
from local.layout import ROOT
from local.program.engine import EmbeddedCloud
from local.program.resources import CREATORS
from local.program.resources.creation import Cloud
from local.services.opensearch_node import OpenSearchNode
from local.services.ports import check_free, free_port
from local.services.process import ChildProcess
from tests.infra.resource_types import ALARM


def cloud() -> Cloud:
    return Cloud(
        aws_endpoint_url="http://127.0.0.1:9", opensearch_url="http://127.0.0.1:9", region="us-east-1", root=ROOT
    )


def test_a_taken_port_is_named_with_the_flag_that_changes_it() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(LocalStackError, match=rf"Port {port} \(X\) is taken .* --x-port PORT"):
            check_free(port, what="X", flag="--x-port")
    check_free(port, what="X", flag="--x-port")


def test_an_opensearch_port_that_the_node_refuses_is_refused_before(tmp_path: Path) -> None:
    with pytest.raises(LocalStackError, match="1025 to 9299"):
        OpenSearchNode(port=9300, directory=tmp_path, log_file=tmp_path / "log")


def test_a_free_port_is_found_in_its_range() -> None:
    assert 20000 <= free_port(20000, 20999) <= 20999


def test_a_program_that_dies_while_starting_is_reported_with_its_last_words(tmp_path: Path) -> None:
    process = ChildProcess(
        "Dying",
        [sys.executable, "-c", "print('no config'); raise SystemExit(3)"],
        log_file=tmp_path / "log",
        env=dict(os.environ),
        cwd=tmp_path,
    )
    process.start()
    with pytest.raises(LocalStackError, match=r"Dying ended while starting(.|\n)*no config"):
        process.wait_until(lambda: False, timeout_seconds=20)
    process.stop()


def test_stopping_a_program_ends_its_children_even_if_they_ignore_it(tmp_path: Path) -> None:
    stubborn = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
    )
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {stubborn!r}])"
    process = ChildProcess(
        "Parent", [sys.executable, "-c", parent], log_file=tmp_path / "log", env=dict(os.environ), cwd=tmp_path
    )
    process.start()
    process.wait_until(lambda: "up" in (tmp_path / "log").read_text(), timeout_seconds=20)
    assert process.pid is not None
    family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
    assert len(family) == 2
    process.stop(grace_seconds=0.5)
    assert not any(member.is_running() and member.status() != psutil.STATUS_ZOMBIE for member in family)


def test_an_unknown_resource_type_is_an_error_that_says_where_to_add_it() -> None:
    args = MockResourceArgs(typ="aws:mq/broker:Broker", name="b", inputs={}, provider="", resource_id="", custom=True)
    with pytest.raises(LocalStackError, match=r"aws:mq/broker:Broker \(of b\).*local/program/resources/"):
        EmbeddedCloud(cloud()).new_resource(args)


def test_an_unknown_function_call_is_an_error() -> None:
    with pytest.raises(LocalStackError, match="aws:ec2/getVpc:getVpc"):
        EmbeddedCloud(cloud()).call(MockCallArgs(token="aws:ec2/getVpc:getVpc", args={}, provider=""))


def test_components_and_providers_are_not_made_in_the_cloud() -> None:
    args = MockResourceArgs(
        typ="driftless:index:SourceTable", name="t", inputs={"n": 1.0}, provider="", resource_id="", custom=False
    )
    assert EmbeddedCloud(cloud()).new_resource(args) == ("t", {"n": 1})


def test_every_type_that_the_program_declares_has_a_creator() -> None:
    declared = {
        line.split()[0]
        for file in (ROOT / "tests" / "infra" / "registrations").iterdir()
        for line in file.read_text().splitlines()
        if line and not line.startswith("#")
    }
    declared.add(ALARM)  # alarms are in the rooms' contracts
    ours = {name for name in declared if name.startswith(("driftless:", "pulumi:"))}
    assert declared - ours
    assert declared - ours <= CREATORS.keys()
