"""End the local stack, wherever it was started, and whatever a killed one left behind.

Example: python -m local down
"""

import argparse

import psutil

from cli import progress
from local.errors import LocalStackError
from local.layout import Layout
from local.services.process import end_tree
from local.state import end_leftovers, lock_holder, noted
from local.survivors import check_all_ended


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds nothing: the command has no options."""


def run(_options: argparse.Namespace) -> int:
    """Ends it; nothing to end is fine."""
    layout = Layout()
    known = noted(layout)
    holder = lock_holder(layout)
    if holder is None:
        ended = end_leftovers(layout)
        check_all_ended(known, layout)
        print(f"Ended {ended} processes that a killed stack had left." if ended else "No local stack runs.")
        return 0
    _end_supervisor(holder)
    end_leftovers(layout)
    check_all_ended(known, layout)
    if lock_holder(layout) == holder:
        raise LocalStackError(f"Not down: process {holder}, which runs the stack, could not be ended: kill -9 {holder}")
    print("Down.")
    return 0


def _end_supervisor(pid: int) -> None:
    """Ends the stack in its own order (parts, then services), by force only if it hangs."""
    try:
        supervisor = psutil.Process(pid)
        progress.stage("ending the local stack")
        supervisor.terminate()
        supervisor.wait(timeout=40)
    except psutil.NoSuchProcess:
        return  # it has ended meanwhile
    except psutil.TimeoutExpired:
        end_tree(pid, grace_seconds=1)
    except psutil.AccessDenied:
        raise LocalStackError(f"Not down: process {pid}, which runs the stack, is another user's.") from None
