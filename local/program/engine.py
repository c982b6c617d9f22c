"""Applies the program, `__main__.py`, to the embedded cloud: in this process, without the Pulumi CLI.

Pulumi's own mock monitor resolves dependencies and outputs; each new resource is made for real by its creator. It
always starts from an empty cloud, so it needs no state and no diff. It is an embedded cloud, not an engine: real
stacks are `pulumi up`.
"""

import contextlib
import json
import runpy
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi
import yaml
from pulumi.runtime import get_root_resource, mocks

from local.errors import LocalStackError
from local.program.resources import CREATORS
from local.program.resources.creation import Cloud, Creator

PROJECT = "driftless"
STACK = "local"


class EmbeddedCloud(mocks.Mocks):
    """Makes each declared resource in the embedded AWS and gives its real outputs."""

    def __init__(self, cloud: Cloud, creators: Mapping[str, Creator] = CREATORS) -> None:
        self._cloud = cloud
        self._creators = creators

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        """Make a resource. Raises LocalStackError that names the resource, and for a type that no file knows."""
        inputs = _plain(args.inputs)
        if not args.custom or args.typ.startswith("pulumi:"):
            return args.name, inputs
        creator = self._creators.get(args.typ)
        if creator is None:
            raise LocalStackError(
                f"The local stack doesn't know the type {args.typ} (of {args.name}): "
                "add a creator to the file of its service in local/program/resources/."
            )
        try:
            identifier, outputs = creator(self._cloud, args.name, inputs)
        except Exception as error:
            raise LocalStackError(f"{args.typ} {args.name!r} could not be made: {error}") from error
        return identifier, {**inputs, **outputs}

    def call(self, args: mocks.MockCallArgs) -> dict[Any, Any]:  # type: ignore[override]  # a plain dict is what works
        """Answer the one question that the program asks of the provider."""
        if args.token == "aws:ecr/getAuthorizationToken:getAuthorizationToken":  # noqa: S105 — a function's name
            return {"userName": "AWS", "password": "local", "proxyEndpoint": self._cloud.aws_endpoint_url}
        raise LocalStackError(
            f"The local stack doesn't know the function {args.token}: add it to local/program/engine.py."
        )


def deploy(cloud: Cloud) -> dict[str, Any]:
    """Run the program against the cloud. Gives the stack's exports as plain values."""
    sys.path[:0] = [path for path in (str(cloud.root),) if path not in sys.path]
    pulumi.runtime.set_all_config(_stack_config(cloud.root / f"Pulumi.{STACK}.yaml"))
    mocks.set_mocks(EmbeddedCloud(cloud), project=PROJECT, stack=STACK, preview=False)
    exports: dict[str, Any] = {}

    def program() -> pulumi.Output[None]:
        runpy.run_path(str(cloud.root / "__main__.py"), run_name="__main__")
        stack: Any = get_root_resource()  # a pulumi.runtime.stack.Stack, whose outputs are the exports
        return pulumi.Output.all(**stack.outputs).apply(exports.update)

    with contextlib.chdir(cloud.root):  # the program's paths are relative to the project, as under `pulumi up`
        pulumi.runtime.test(program)()  # type: ignore[no-untyped-call]  # pulumi ships it untyped
    return exports


def _stack_config(file: Path) -> dict[str, str]:
    """The stack file's settings as Pulumi hands them to a program: texts, objects as JSON."""
    settings = yaml.safe_load(file.read_text())["config"]
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in settings.items()}


def _plain(value: Any) -> Any:
    """Inputs as creators want them: Pulumi's wire has no integers, only doubles."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
