"""Reads registrations as they come over the wire, and writes answers."""

from __future__ import annotations

from typing import Any

from google.protobuf import json_format, struct_pb2  # type: ignore[import-untyped]

from tests.infra.cloud.resource import Goal
from tests.infra.cloud.schema import UNKNOWN

_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"
_STACK = "pulumi:pulumi:Stack"


def goal_of(request: Any) -> Goal:
    """Reads a registration."""
    return Goal(
        urn=_urn(request.parent, request.type, request.name),
        type=request.type,
        name=request.name,
        inputs=plain(json_format.MessageToDict(request.object)),
        custom=request.custom,
        parent=request.parent,
        provider=request.provider,
        dependencies=tuple(request.dependencies),
        property_dependencies={name: tuple(each.urns) for name, each in request.propertyDependencies.items()},
        protect=request.protect,
        retain_on_delete=request.retainOnDelete,
        delete_before_replace=request.deleteBeforeReplace if request.deleteBeforeReplaceDefined else None,
        replace_on_changes=tuple(request.replaceOnChanges),
        ignore_changes=tuple(request.ignoreChanges),
        deleted_with=request.deletedWith,
        aliases=(*request.aliasURNs, *(_alias(request, each) for each in request.aliases)),
        secret_outputs=tuple(request.additionalSecretOutputs),
    )


def _urn(parent: str, type_: str, name: str) -> str:
    above = parent.split("::")[2] if parent else _STACK
    types = type_ if above == _STACK else f"{above}${type_}"
    return f"urn:pulumi:test::driftless::{types}::{name}"


def _alias(request: Any, alias: Any) -> str:
    if alias.urn:
        return str(alias.urn)
    spec = alias.spec
    parent = "" if spec.noParent else spec.parentUrn or request.parent
    return _urn(parent, spec.type or request.type, spec.name or request.name)


def struct(values: dict[str, Any], *, secret: tuple[str, ...] = ()) -> struct_pb2.Struct:
    """Writes values; those that are secret in the wrapper by which the program keeps them so."""
    wrapped = {
        name: {_SIGNATURE: _SECRET, "value": value} if name in secret else value for name, value in values.items()
    }
    message = struct_pb2.Struct()
    json_format.ParseDict(wrapped, message)
    return message


def plain(value: Any) -> Any:
    """Without the wrappers that secrets and outputs have on the wire; what is unknown stays marked."""
    if isinstance(value, dict):
        if _SIGNATURE in value:
            return plain(value.get("value", UNKNOWN))
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value
