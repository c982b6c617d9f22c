"""The `deploy` fixture: runs a program, or the whole stack, against a recording fake of the cloud."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any

import pulumi
import pytest

from tests.infra.deployment import PROJECT, STACK, Deployment, run, whole_program

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


@pytest.fixture
def deploy() -> Deploy:
    """`deploy(settings, preview=False)`; settings as in a stack file, without the project's prefix."""

    def deploy(
        settings: dict[str, Any] | None = None,
        *,
        preview: bool = False,
        stack: str = STACK,
        program: Callable[[], object] = whole_program,
    ) -> Deployment:
        return run(program, preview=preview, config=as_config(settings or {}), stack=stack)

    return deploy


def as_config(settings: dict[str, Any]) -> dict[str, str]:
    """As Pulumi hands it to the program: objects as JSON, scalars as text."""
    return {
        f"{PROJECT}:{key}": value if isinstance(value, str) else json.dumps(value) for key, value in settings.items()
    }
