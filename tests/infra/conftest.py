"""The `deploy` fixture: runs a program, or the whole stack, against a recording fake of the cloud."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any

import pulumi
import pytest

from tests.infra.deployment import PROJECT, Deployment, run, whole_program

Deploy = Callable[..., Deployment]


@pytest.fixture(autouse=True)
def fresh_runtime() -> Iterator[None]:
    """Pulumi's state is global: each test gets an event loop and a configuration of its own."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield
    pulumi.runtime.set_all_config({})
    asyncio.set_event_loop(None)
    loop.close()


@pytest.fixture(scope="session")
def deployed() -> dict[str, Deployment]:
    """Graphs by their settings: a graph is only read, so tests share it."""
    return {}


@pytest.fixture
def deploy(deployed: dict[str, Deployment]) -> Deploy:
    """`deploy(settings, preview=False)`: the whole program; settings as in a stack file, without their namespace."""

    def deploy(settings: dict[str, Any] | None = None, *, preview: bool = False) -> Deployment:
        key = json.dumps([settings, preview], sort_keys=True)
        if key not in deployed:
            deployed[key] = run(whole_program, preview=preview, config=as_config(settings or {}))
        return deployed[key]

    return deploy


def as_config(settings: dict[str, Any]) -> dict[str, str]:
    """As Pulumi hands it to the program: objects as JSON, scalars as text."""
    return {
        f"{PROJECT}:{key}": value if isinstance(value, str) else json.dumps(value) for key, value in settings.items()
    }
