"""Makes standard output and error take any text and any end: plain locales, and readers that go away (`| head`)."""

import contextlib
import io
import select
import sys
from typing import TextIO


def take_any_text() -> None:
    """Writes what the locale's encoding lacks as \\xNN instead of failing; a line is out when it is printed."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace", line_buffering=True)


def reader_is_gone() -> bool:
    """Says whether a pipe that we print into has lost its reader; a BrokenPipeError may be a service's as well."""
    return any(_is_broken(stream) for stream in (sys.stdout, sys.stderr))


def _is_broken(stream: TextIO) -> bool:
    with contextlib.suppress(OSError, ValueError, AttributeError):  # a test's stream, or one that is closed, is no pipe
        poll = select.poll()
        poll.register(stream.fileno(), 0)
        return any(event & select.POLLERR for _, event in poll.poll(0))
    return False
