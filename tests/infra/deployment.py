"""The recorded graph of a program: every registration with its inputs and its options.

Assert on it, never inside `.apply`: a false assertion there passes.
"""

from __future__ import annotations

import asyncio
import contextlib
import runpy
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pulumi
from pulumi.runtime import mocks as pulumi_mocks
from pulumi.runtime import rpc
from pulumi.runtime.settings import get_root_resource, set_root_resource

from tests.infra.cloud_answers import called, created

PROJECT = "driftless"
STACK = "test"
ROOT = Path(__file__).resolve().parents[2]
COMPONENT_PREFIX = "driftless:index:"


@dataclass(frozen=True, kw_only=True)
class Registration:
    """One resource as the program asked for it; inputs in the wire's camelCase, numbers as floats."""

    type: str
    name: str
    urn: str
    parent: str
    inputs: dict[str, Any]
    outputs: dict[str, Any] = field(default_factory=dict)
    secret_inputs: frozenset[str] = frozenset()
    custom: bool = True
    dependencies: tuple[str, ...] = ()
    provider: str = ""
    protect: bool = False
    retain_on_delete: bool = False
    delete_before_replace: bool = False
    replace_on_changes: tuple[str, ...] = ()


@dataclass(kw_only=True)
class Deployment:
    """Everything that one run of a program registered and exported."""

    registrations: list[Registration] = field(default_factory=list)
    registered_outputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    exports: dict[str, Any] = field(default_factory=dict)

    def all(self, type_: str) -> list[Registration]:
        """Registrations of one type, in order of registration."""
        return [entry for entry in self.registrations if entry.type == type_]

    def one(self, type_: str, name: str | None = None) -> Registration:
        """The only registration of the type (and name)."""
        found = [entry for entry in self.all(type_) if name in (None, entry.name)]
        assert len(found) == 1, f"{type_} {name or ''}: {[entry.name for entry in found]}"
        return found[0]

    def by_urn(self) -> dict[str, Registration]:
        """Registrations by URN."""
        return {entry.urn: entry for entry in self.registrations}

    def upstream(self, entry: Registration) -> set[str]:
        """URNs of everything that has to be there before the entry, near and far."""
        known, found, waiting = self.by_urn(), set[str](), list(entry.dependencies)
        while waiting:
            urn = waiting.pop()
            if urn not in found:
                found.add(urn)
                waiting += known[urn].dependencies if urn in known else ()
        return found


class _CloudMocks(pulumi_mocks.Mocks):
    def __init__(self, partition: str) -> None:
        self.partition = partition

    def call(self, args: pulumi_mocks.MockCallArgs) -> Any:
        return called(args.token)

    def new_resource(self, args: pulumi_mocks.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        if not args.custom:
            return None, {}
        return created(args.typ, args.name, args.inputs, partition=self.partition)


class _RecordingMonitor(pulumi_mocks.MockMonitor):
    def __init__(self, deployment: Deployment, watch: Callable[[str], object] | None, cloud: _CloudMocks) -> None:
        super().__init__(cloud)
        self.deployment = deployment
        self.watch = watch

    def RegisterResource(self, request: Any) -> Any:
        with _event_loop_of_this_thread():
            response = super().RegisterResource(request)  # type: ignore[no-untyped-call]
            self._record(request, response)
        return response

    def Invoke(self, request: Any) -> Any:
        with _event_loop_of_this_thread():
            return super().Invoke(request)  # type: ignore[no-untyped-call]

    def _record(self, request: Any, response: Any) -> None:
        if request.type != "pulumi:pulumi:Stack":
            if self.watch:
                self.watch(request.name)
            inputs = rpc.deserialize_properties(request.object)
            self.deployment.registrations.append(
                Registration(
                    type=request.type,
                    name=request.name,
                    urn=response.urn,
                    parent=request.parent,
                    inputs=_plain(inputs),
                    outputs=_plain(rpc.deserialize_properties(response.object)),
                    secret_inputs=frozenset(key for key, value in inputs.items() if _holds_secret(value)),
                    custom=request.custom,
                    dependencies=tuple(request.dependencies),
                    provider=request.provider,
                    protect=request.protect,
                    retain_on_delete=request.retainOnDelete,
                    delete_before_replace=request.deleteBeforeReplace,
                    replace_on_changes=tuple(request.replaceOnChanges),
                )
            )

    def RegisterResourceOutputs(self, request: Any) -> Any:
        with _event_loop_of_this_thread():
            self.deployment.registered_outputs[request.urn] = _plain(rpc.deserialize_properties(request.outputs))
        return super().RegisterResourceOutputs(request)  # type: ignore[no-untyped-call]


@contextlib.contextmanager
def _event_loop_of_this_thread() -> Iterator[None]:
    """Pulumi would make one in each of its worker threads and never close it."""
    if threading.current_thread() is threading.main_thread():
        yield
        return
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        yield
    finally:
        asyncio.set_event_loop(None)
        loop.close()


def run(
    program: Callable[[], object],
    *,
    preview: bool,
    config: dict[str, str],
    watch: Callable[[str], object] | None = None,
    partition: str = "aws",
) -> Deployment:
    """Runs a program against the fake cloud. In a preview, outputs of resources are unknown to it.

    `watch` is told each resource's name at once, for programs that end in an error.
    """
    deployment, cloud = Deployment(), _CloudMocks(partition)
    monitor = _RecordingMonitor(deployment, watch, cloud)
    deployment.exports = execute(program, monitor, preview=preview, config=config)
    return deployment


def execute(program: Callable[[], object], monitor: Any, *, preview: bool, config: dict[str, str]) -> dict[str, Any]:
    """Runs a program in this process against a monitor, and returns its exports."""
    exports: dict[str, Any] = {}
    pulumi.runtime.set_all_config({"aws:region": "eu-central-1", **config})
    set_root_resource(None)  # type: ignore[arg-type]  # or an earlier run's stack would keep its exports
    pulumi_mocks.set_mocks(_CloudMocks("aws"), project=PROJECT, stack=STACK, preview=preview, monitor=monitor)

    @pulumi.runtime.test  # type: ignore[untyped-decorator]
    def declare() -> pulumi.Output[None]:
        program()
        outputs = get_root_resource().outputs  # type: ignore[union-attr]
        return pulumi.Output.all(**outputs).apply(exports.update)

    declare()
    return exports


def whole_program() -> None:
    """The stack's program, exactly as `pulumi up` runs it."""
    runpy.run_path(str(ROOT / "__main__.py"))


def _holds_secret(value: Any) -> bool:
    if rpc.is_rpc_secret(value):
        return True
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(_holds_secret(item) for item in inner)


def _plain(value: Any) -> Any:
    """Without the wrappers of secrets and outputs that the wire has."""
    if rpc.is_rpc_secret(value):
        return _plain(rpc.unwrap_rpc_secret(value))
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value
