"""End the local stack, wherever it was started, and whatever a killed one left behind.

Example: python -m local down
"""

import argparse

import psutil

from local.layout import Layout
from local.services.process import end_tree
from local.state import end_leftovers, lock_holder


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """None."""


def run(_options: argparse.Namespace) -> int:
    """End it; nothing to end is fine."""
    layout = Layout()
    holder = lock_holder(layout)
    if holder is None:
        ended = end_leftovers(layout)
        print(f"Ended {ended} processes that a killed stack had left." if ended else "No local stack runs.")
        return 0
    _end_supervisor(holder)
    end_leftovers(layout)
    print("Down.")
    return 0


def _end_supervisor(pid: int) -> None:
    """Its own order first (feeds, then services); by force only if it hangs."""
    try:
        supervisor = psutil.Process(pid)
        supervisor.terminate()
        supervisor.wait(timeout=40)
    except psutil.NoSuchProcess:
        return  # it ended by itself meanwhile
    except psutil.TimeoutExpired:
        end_tree(pid, grace_seconds=1)
