"""up, status, outputs and down say that all is well only where it is: a seeded fault for each way to be wrong."""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from local.commands import down, outputs, status
from local.errors import LocalStackError
from local.layout import Layout
from local.state import noted, take_lock, write_json, write_state
from local.survivors import check_all_ended, what_is_wrong, whole_stack

OPTIONS = argparse.Namespace(json=False)


@pytest.fixture
def layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Layout:
    monkeypatch.setenv("DRIFTLESS_LOCAL_DIRECTORY", str(tmp_path / "stack"))
    return Layout()


@pytest.fixture
def service() -> Iterator[psutil.Process]:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) as process:
        yield psutil.Process(process.pid)
        process.kill()


@pytest.fixture
def up(layout: Layout, service: psutil.Process) -> Iterator[Layout]:
    """A stack that is up, held by this process, with one service."""
    with take_lock(layout):
        write_state(layout, children={"OpenSearch": service.pid}, container_client=None, outputs={"api_url": "u"})
        write_json(layout.status_file, {})
        yield layout


def test_a_whole_stack_is_up(up: Layout, capsys: pytest.CaptureFixture[str]) -> None:
    assert whole_stack(up, os.getpid()) is not None
    assert outputs.run(OPTIONS) == 0
    assert capsys.readouterr().err == ""


def test_a_part_that_has_ended_is_told_by_every_command(
    up: Layout, service: psutil.Process, capsys: pytest.CaptureFixture[str]
) -> None:
    service.kill()
    service.wait()
    assert whole_stack(up, os.getpid()) is None
    assert outputs.run(OPTIONS) == 1
    assert "OpenSearch runs no more; its log is in" in capsys.readouterr().err
    with pytest.raises(LocalStackError, match=r"OpenSearch runs no more.*python -m local down"):
        status.run(OPTIONS)


def test_a_stack_that_counts_no_more_is_told(up: Layout) -> None:
    long_ago = time.time() - 60
    os.utime(up.status_file, (long_ago, long_ago))
    assert whole_stack(up, os.getpid()) is None
    assert "it hangs" in str(what_is_wrong(up))


def test_a_stack_is_not_up_before_it_counts_nor_when_another_holds_the_folder(up: Layout) -> None:
    assert whole_stack(up, os.getpid() + 1) is None
    up.status_file.unlink()
    assert whole_stack(up, os.getpid()) is None


def test_down_is_not_said_while_a_service_lives(up: Layout, service: psutil.Process) -> None:
    state = noted(up)
    with pytest.raises(LocalStackError, match=rf"Not down: still there is OpenSearch \(process {service.pid}\)"):
        check_all_ended(state, up)
    service.kill()
    service.wait()
    check_all_ended(state, up)


def test_down_ends_what_a_killed_stack_has_left(
    layout: Layout, service: psutil.Process, capsys: pytest.CaptureFixture[str]
) -> None:
    with take_lock(layout):
        write_state(layout, children={"OpenSearch": service.pid}, container_client=None, outputs={})
    assert down.run(OPTIONS) == 0
    assert "Ended 1 processes" in capsys.readouterr().out
    assert not service.is_running() or service.status() == psutil.STATUS_ZOMBIE


def test_down_is_not_said_when_containers_can_not_be_asked_for(
    layout: Layout, capsys: pytest.CaptureFixture[str]
) -> None:
    with take_lock(layout):
        write_state(layout, children={}, container_client="/nowhere/docker", outputs={})
    with pytest.raises(LocalStackError, match="/nowhere/docker does not answer"):
        down.run(OPTIONS)
    assert capsys.readouterr().out == ""
