"""Why the last stack has ended is kept for whoever asks, and nothing is said of an end that was asked for."""

import json
import os
import re
import sys
from pathlib import Path

import pytest

from local.errors import LocalStackError
from local.last_end import KILLED, last_end, note_end
from local.layout import DIRECTORY_VARIABLE, Layout
from local.running import running_outputs
from local.services.ports import free_port
from local.services.process import ChildProcess
from local.stack import LocalStack
from local.state import claim_folder
from local.watchdog import ENDED, start_watchdog


@pytest.fixture
def layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Layout:
    monkeypatch.setenv(DIRECTORY_VARIABLE, str(tmp_path))
    claim_folder(Layout())
    return Layout()


def said() -> str:
    """What every command says that needs a stack."""
    with pytest.raises(LocalStackError, match="No local stack is up") as error:
        running_outputs()
    return str(error.value)


def test_a_reason_is_said_with_its_time(layout: Layout) -> None:
    note_end(layout, "MiniStack has ended unasked (SIGKILL).")
    ended = r"\nThe last one ended on \d{4}-\d\d-\d\d at \d\d:\d\d:\d\d: MiniStack has ended unasked \(SIGKILL\)\.$"
    assert re.search(ended, said())


def test_nothing_is_said_where_none_has_run(layout: Layout) -> None:
    assert said() == "No local stack is up. Start one: python -m local up --detach"


@pytest.mark.parametrize("content", ["", "[]", '"text"', '{"at": "noon", "reason": ""}', '{"reason": "alone"}'])
def test_a_file_that_cannot_be_read_says_nothing(layout: Layout, content: str) -> None:
    layout.end_file.write_text(content)
    assert last_end(layout) == ""


def test_a_state_without_its_stack_is_one_that_was_killed_with_its_watchdog(layout: Layout) -> None:
    layout.state_file.write_text("{}")
    assert KILLED in said()


@pytest.mark.parametrize(("last", "noted"), [(b"", True), (ENDED, False)])
def test_the_watchdog_notes_a_stack_that_ends_without_a_word(layout: Layout, last: bytes, noted: bool) -> None:
    start_watchdog(layout).communicate(last)
    assert (KILLED in last_end(layout)) is noted


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (KeyboardInterrupt(), None),
        (None, None),
        (LocalStackError("Port 4566 is taken."), "Port 4566 is taken."),
        (ZeroDivisionError(), "ZeroDivisionError"),
    ],
)
def test_only_an_end_that_nobody_asked_for_is_noted(
    layout: Layout, error: BaseException | None, reason: str | None
) -> None:
    LocalStack(layout=layout).__exit__(type(error), error, None)
    noted = json.loads(layout.end_file.read_text())["reason"] if layout.end_file.exists() else None
    assert noted == reason


def test_the_words_of_a_dead_service_go_before_the_error_that_follows_from_it(layout: Layout) -> None:
    stack = LocalStack(layout=layout)
    stack.ministack.process = dying(layout, "print('no memory'); import os; os.kill(os.getpid(), 9)")
    stack.__exit__(OSError, OSError("Connection refused"), None)
    reason = json.loads(layout.end_file.read_text())["reason"]
    assert reason.startswith("Dying has ended unasked (SIGKILL).\nThe end of ")
    assert "Connection refused" not in reason


def test_a_start_that_fails_is_noted_and_the_next_start_forgets_it(layout: Layout) -> None:
    def fail(_: str) -> None:
        raise LocalStackError("no luck")

    def interrupt(_: str) -> None:
        raise KeyboardInterrupt

    ports = {"aws_port": free_port(4700, 4799), "opensearch_port": free_port(9240, 9259)}
    with pytest.raises(LocalStackError, match="no luck"):
        LocalStack(layout=layout, say=fail, **ports).start()
    assert "no luck" in said()
    with pytest.raises(KeyboardInterrupt):
        LocalStack(layout=layout, say=interrupt, **ports).start()
    assert last_end(layout) == ""


def test_a_process_has_last_words_only_when_it_has_ended(layout: Layout) -> None:
    process = dying(layout, "print('bye'); raise SystemExit(3)")
    words = process.last_words() or ""
    assert words.startswith("Dying has ended unasked (exit code 3).")
    assert words.endswith("  bye")
    process.stop()
    assert process.last_words() is None


def dying(layout: Layout, code: str) -> ChildProcess:
    process = ChildProcess(
        "Dying", [sys.executable, "-u", "-c", code], log_file=layout.log("dying"), env=os.environ, cwd=layout.data
    )
    assert process.last_words() is None
    process.start()
    assert process.pid is not None
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    return process
