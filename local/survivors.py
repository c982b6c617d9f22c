"""Says what of a stack still runs, or doesn't run any more, by what it has noted: for up, status, outputs and down."""

import time
from typing import Any

from local.errors import LocalStackError
from local.layout import Layout
from local.services.container_engine import ContainerEngine
from local.services.function_containers import STACK_LABEL
from local.state import is_alive, lock_holder, read_state

STALE_SECONDS = 15.0
"""The counters are written twice a second; a stack that is too busy for this long doesn't carry changes either."""
AGAIN = "Start it again: python -m local down; python -m local up --detach"


def what_is_wrong(layout: Layout) -> str | None:
    """Gives a sentence with cause and cure when a part of the stack that is up has ended, or all of it hangs."""
    state = read_state(layout)
    if state is None or not state["ready"]:
        return None
    dead = [_name(child) for child in state["children"] if not is_alive(child)]
    if dead:
        return f"{' and '.join(dead)} runs no more; its log is in {layout.log('').parent}. {AGAIN}"
    try:
        age = time.time() - layout.status_file.stat().st_mtime
    except OSError:
        return None  # it has only just come up
    if age > STALE_SECONDS:
        return f"The local stack has counted nothing for {age:.0f} s: it hangs. {AGAIN}"
    return None


def whole_stack(layout: Layout, pid: int) -> dict[str, Any] | None:
    """Gives what the stack of this process has noted once it is up: it counts, and no part has ended at once."""
    state = read_state(layout)
    is_up = state is not None and state["ready"] and lock_holder(layout) == pid and layout.status_file.exists()
    return state if is_up and what_is_wrong(layout) is None else None


def check_all_ended(state: dict[str, Any], layout: Layout) -> None:
    """Raises LocalStackError when something that a stack had noted still runs."""
    left = [f"{_name(child)} (process {child['pid']})" for child in state.get("children", []) if is_alive(child)]
    client = state.get("container_client")
    if client:
        engine = ContainerEngine(client=client)
        if not engine.answers():
            left.append(f"perhaps its functions' containers: {client} does not answer")
        elif containers := engine.containers(f"{STACK_LABEL}={layout.directory}"):
            left.append(
                f"{len(containers)} containers ({client} rm --force {' '.join(each[:12] for each in containers)})"
            )
    if left:
        raise LocalStackError(
            f"Not down: still there is {', '.join(left)}. It could not be ended: it is of another user, or its "
            "machine hangs. End it by hand (kill -9), then run this again."
        )


def _name(child: dict[str, Any]) -> str:
    return str(child.get("name", "a service"))
