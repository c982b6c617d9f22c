"""Reads the running local stack's outputs and counters, for other processes."""

import json
from typing import Any

from local.errors import LocalStackError
from local.last_end import last_end
from local.layout import Layout
from local.state import lock_holder, read_state


def running_outputs() -> dict[str, Any]:
    """Returns the outputs of the running stack. Raises LocalStackError when none runs or it isn't up yet."""
    if lock_holder(Layout()) is None:
        why = f"\n{why}" if (why := last_end(Layout())) else ""
        raise LocalStackError(f"No local stack is up. Start one: python -m local up --detach{why}")
    state = read_state(Layout())
    if state is None or not state["ready"]:
        raise LocalStackError("The local stack is starting: try again in a moment.")
    outputs: dict[str, Any] = state["outputs"]
    return outputs


def runs_in_containers() -> bool:
    """Returns whether the running stack's functions run in containers."""
    state = read_state(Layout())
    return state is not None and bool(state["container_client"])


def running_parts() -> dict[str, dict[str, dict[str, Any]]]:
    """Returns kind → name → counters of what runs, at most half a second old; empty while the stack starts."""
    try:
        status: dict[str, dict[str, dict[str, Any]]] = json.loads(Layout().status_file.read_text())
    except (OSError, ValueError):
        return {}
    return status
