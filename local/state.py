"""Keeps what other processes may know of a running stack: the lock that it holds, and a file with its outputs."""

import contextlib
import fcntl
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

import psutil

from cli.paths import own_folder
from local.errors import LocalStackError
from local.layout import Layout
from local.services.container_engine import ContainerEngine
from local.services.function_containers import FunctionContainers
from local.services.process import end_tree

RUNS_ALREADY = "A local stack runs already. Use it (python -m local status), or end it: python -m local down."


def claim_folder(layout: Layout) -> None:
    """Makes the folder a stack's. Raises LocalStackError if it holds anything else: a start empties data and logs."""
    directory = layout.directory
    if directory.exists() and any(directory.iterdir()) and not layout.lock_file.exists():
        raise LocalStackError(f"{directory} holds other files. Give the local stack an empty folder, or none.")
    own_folder(directory)
    layout.lock_file.touch()


def take_lock(layout: Layout) -> TextIO:
    """Holds the folder for this process, until the file is closed or the process ends in any way.

    Raises LocalStackError when another stack holds it, or when the folder isn't a stack's.
    """
    claim_folder(layout)
    lock = layout.lock_file.open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise LocalStackError(RUNS_ALREADY) from None
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def lock_holder(layout: Layout) -> int | None:
    """Returns the process id of the stack that holds the folder, starting or up; None when none does."""
    try:
        with layout.lock_file.open() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                return int(lock.read() or 0) or None
    except (OSError, ValueError):
        return None
    return None


def read_state(layout: Layout) -> dict[str, Any] | None:
    """Reads what the stack that holds the folder noted; None when none does, or it has noted nothing yet."""
    return None if lock_holder(layout) is None else noted(layout) or None


def noted(layout: Layout) -> dict[str, Any]:
    """Reads what the last stack of this folder has noted, whether it runs or not; empty where it has noted nothing."""
    try:
        state: dict[str, Any] = json.loads(layout.state_file.read_text())
    except (OSError, ValueError):
        return {}
    return state


def write_state(
    layout: Layout, *, children: Mapping[str, int], container_client: str | None, outputs: dict[str, Any]
) -> None:
    """Notes the children by name, before anything can go wrong with them, and the outputs when there are some.

    `container_client` is the client of the engine that runs the functions' containers; None without containers.
    """
    state = {
        "ready": bool(outputs),
        "children": [_identity(name, pid) for name, pid in children.items()],
        "container_client": container_client,
        "outputs": outputs,
    }
    write_json(layout.state_file, state)


def end_leftovers(layout: Layout) -> int:
    """Ends what a killed stack could not end: its children, and its functions' containers.

    Returns how many there were.
    """
    ended = 0
    with contextlib.suppress(OSError, ValueError, KeyError):
        state = noted(layout)
        for child in state["children"]:
            if is_alive(child):
                end_tree(child["pid"])
                ended += 1
        if state["container_client"]:
            engine = ContainerEngine(client=state["container_client"])
            ended += FunctionContainers(engine=engine, stack=str(layout.directory)).remove_all()
    layout.state_file.unlink(missing_ok=True)
    return ended


def write_json(file: Path, content: object) -> None:
    """Replaces a file at once, so that a reader never sees half of it."""
    part = file.with_suffix(f".{os.getpid()}.part")
    part.write_text(json.dumps(content, indent=2))
    part.replace(file)


def _identity(name: str, pid: int) -> dict[str, str | float]:
    """Adds the time of creation: a process id alone may be another program's when it is looked at."""
    return {"name": name, "pid": pid, "created": psutil.Process(pid).create_time()}


def is_alive(identity: Mapping[str, Any]) -> bool:
    """Says whether a noted process still runs."""
    try:
        process = psutil.Process(identity["pid"])
        is_same = abs(process.create_time() - identity["created"]) < 2  # the wall clock may have been set meanwhile
        return bool(is_same and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
