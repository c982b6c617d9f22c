"""Keeps why the last stack of a folder has ended, for whoever asks later. An end that was asked for has no why."""

import json
import time
from datetime import datetime

from local.layout import Layout
from local.state import write_json

KILLED = "its process was killed: by `kill -9`, for want of memory, or with the machine."


def note_end(layout: Layout, reason: str) -> None:
    """Notes it with the time."""
    write_json(layout.end_file, {"at": time.time(), "reason": reason})


def last_end(layout: Layout) -> str:
    """Says when and why, as a sentence; empty when none has run, or the last one ended as it was asked to.

    Ask only when no stack holds the folder: a state that is left is then one whose stack and watchdog were killed.
    """
    try:
        end = json.loads(layout.end_file.read_text())
        return f"The last one ended on {_moment(end['at'])}: {end['reason']}"
    except (OSError, ValueError, KeyError, TypeError):
        left = layout.state_file.exists()
        return f"The last one, up since {_moment(layout.state_file.stat().st_mtime)}, is gone: {KILLED}" if left else ""


def _moment(at: float) -> str:
    return f"{datetime.fromtimestamp(at):%Y-%m-%d at %H:%M:%S}"
