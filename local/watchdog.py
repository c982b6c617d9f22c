"""Ends a stack's services when the stack is gone in any way: killed, or its terminal closed.

It holds one end of a pipe whose other end only the stack has; when that closes, whatever the stack noted as its child
and has not ended itself is ended. The kernel's parent-death signal would follow the thread that started the child,
and the demo's outage starts the node from a thread that ends.
"""

import subprocess
import sys
from pathlib import Path

from local.last_end import KILLED, note_end
from local.layout import ROOT, Layout
from local.state import end_leftovers

ENDED = b"ended"
"""What a stack that ends in order says last; one that was killed says nothing."""


def start_watchdog(layout: Layout) -> "subprocess.Popen[bytes]":
    """Starts it. Write ENDED to its `stdin`, close that and wait, when the stack has ended its services."""
    return subprocess.Popen(
        [sys.executable, "-m", "local.watchdog", str(layout.directory)],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip


if __name__ == "__main__":
    last = sys.stdin.buffer.read()
    layout = Layout(directory=Path(sys.argv[1]))
    if last != ENDED:
        note_end(layout, KILLED)
    end_leftovers(layout)
