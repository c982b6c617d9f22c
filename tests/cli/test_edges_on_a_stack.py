"""Every command at every edge that is about processes, on one running local stack."""

import fcntl
import json
import os
import pty
import re
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from cli.errors import CUT_OFF
from cli.first import INTERRUPTED
from local.layout import ROOT
from tests.cli.matrix import COMMANDS, ROWS, Processes, flags, is_quiet
from tests.local.api_stack import running_stack

pytestmark = pytest.mark.local

FOREIGN = {
    "AWS_PROFILE": "no-such-profile",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
    "AWS_REGION": "mars-north-1",
    "AWS_CONFIG_FILE": "/proc/self/cmdline",
    "HTTP_PROXY": "http://127.0.0.1:1",
    "http_proxy": "http://127.0.0.1:1",
    "ALL_PROXY": "http://127.0.0.1:1",
}
ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
"""The last two keep Python from taking UTF-8 in its place, as an older or a configured one does."""


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    directory = Path(tmp_path_factory.mktemp("edges"))
    with running_stack(directory):
        yield {"DRIFTLESS_LOCAL_DIRECTORY": str(directory / "stack"), "PYTHONPYCACHEPREFIX": str(directory / "pycache")}


@pytest.fixture(autouse=True)
def interruptible() -> Iterator[None]:
    """Takes SIGINT: a background job of a shell ignores it, and so would every process that it starts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def check(typed: str, ended: tuple[int, str, str], *, as_json: bool = False) -> None:
    """Asserts what a sample gives where nothing disturbs it."""
    code, out, err = ended
    row = ROWS[typed]
    assert is_quiet(err), err
    assert code == row.code, err
    if as_json:
        assert isinstance(json.loads(out), dict)
    else:
        assert [word for word in row.shows if word not in out + err] == []


def json_amid_foreign_settings(environment: Mapping[str, str], typed: str) -> None:
    more = ("--json",) if "--json" in flags(typed) else ()
    check(typed, Processes(environment={**environment, **FOREIGN}).run(typed, *more), as_json=bool(more))


def without_docstrings_and_asserts_from_another_folder(environment: Mapping[str, str], typed: str) -> None:
    elsewhere = Processes(environment=environment, folder=Path(environment["DRIFTLESS_LOCAL_DIRECTORY"]).parent)
    check(typed, elsewhere.run(typed, options=("-OO",)))


def into_a_closed_pipe(environment: Mapping[str, str], typed: str) -> None:
    """As `| true`: every line is one too many."""
    read, write = os.pipe()
    os.close(read)
    process = Processes(environment=environment).start(typed, stdout=write, stderr=subprocess.PIPE)
    os.close(write)
    _, err = process.communicate(timeout=120)
    assert err.decode().count("\n") == sum(line.startswith(b"... ") for line in err.splitlines()) or ROWS[typed].code
    assert is_quiet(err.decode())
    assert process.returncode in (CUT_OFF, ROWS[typed].code), err
    assert process.returncode == CUT_OFF or ROWS[typed].code or typed == "local logs", "only an error prints nothing"


def into_a_closed_pipe_with_its_errors(environment: Mapping[str, str], typed: str) -> None:
    """As `2>&1 | true`."""
    read, write = os.pipe()
    os.close(read)
    process = Processes(environment=environment).start(typed, stdout=write, stderr=write)
    os.close(write)
    assert process.wait(120) in (CUT_OFF, 0)
    assert process.returncode == CUT_OFF or typed == "local logs"


def interrupted_after(seconds: float) -> Callable[[Mapping[str, str], str], None]:
    def interrupted(environment: Mapping[str, str], typed: str) -> None:
        for attempt in range(50):
            process = Processes(environment=environment).start(typed, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            time.sleep(seconds + attempt / 10)
            process.send_signal(signal.SIGINT)
            err = process.communicate(timeout=120)[1].decode()
            if process.returncode in (INTERRUPTED, ROWS[typed].code) and is_quiet(err):
                return
            # What is left: it struck the interpreter's own start, before a line of ours.
            assert is_interpreters_own(err), err
        pytest.fail("no SIGINT reached the command")

    return interrupted


def is_interpreters_own(err: str) -> bool:
    """Says whether a traceback is of the interpreter's start and the first lines of ours, before a handler could be."""
    ours = set(re.findall(rf'File "{ROOT}/([^"]+)"', err))
    return ours <= {"ops/__init__.py", "ops/images_path.py", "ops/__main__.py", "local/__main__.py", "cli/first.py"}


def on_a_terminal_of_60_columns(environment: Mapping[str, str], typed: str) -> None:
    text, code = on_a_terminal({**environment, "TERM": "xterm-256color"}, typed)
    assert code == ROWS[typed].code
    assert is_quiet(text)
    assert "…" not in text
    assert [word for word in ROWS[typed].shows if word not in text] == []
    assert text.rfind("\x1b[?25h") >= text.rfind("\x1b[?25l"), "the cursor is there again"


def plain(environment: Mapping[str, str], typed: str) -> None:
    """As on a terminal that knows no escapes, in a locale that knows no letters beyond ASCII."""
    text, code = on_a_terminal({**environment, **ASCII, "TERM": "dumb", "NO_COLOR": "1"}, typed)
    assert code == ROWS[typed].code, text
    assert is_quiet(text)
    assert text.isascii()
    assert "\x1b" not in text
    assert [word for word in ROWS[typed].shows if word not in text] == []


def on_a_terminal(environment: Mapping[str, str], typed: str) -> tuple[str, int]:
    """Gives what it shows on a terminal of 60 columns, and its exit code."""
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 60, 0, 0))
    process = Processes(environment=environment).start(typed, stdin=its, stdout=its, stderr=its)
    os.close(its)
    shown = b""
    while True:
        try:
            part = os.read(ours, 65_536)
        except OSError:  # EIO: it has ended
            break
        if not part:
            break
        shown += part
    os.close(ours)
    return shown.decode(), process.wait(60)


EDGES: Mapping[str, Callable[[Mapping[str, str], str], None]] = {
    "json alone amid foreign AWS and proxies": json_amid_foreign_settings,
    "ASCII locale, NO_COLOR, TERM=dumb": plain,
    "-OO elsewhere": without_docstrings_and_asserts_from_another_folder,
    "closed pipe": into_a_closed_pipe,
    "closed pipes": into_a_closed_pipe_with_its_errors,
    "60 columns": on_a_terminal_of_60_columns,
    **{f"Ctrl-C after {seconds} s": interrupted_after(seconds) for seconds in (0.0, 0.1, 0.3, 1.0)},
}


@pytest.mark.parametrize(("typed", "edge"), [(typed, edge) for typed in COMMANDS for edge in EDGES])
def test_edge(typed: str, edge: str, environment: Mapping[str, str]) -> None:
    EDGES[edge](environment, typed)
