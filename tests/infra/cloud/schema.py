"""The schema of a type, from the installed provider package: inputs with their types, outputs, and what must be given.

The packages come without their schema.json. But their classes are generated from it: an `Args` class says what is an
input and of which type, the properties of the resource class what is an output, and which of those is always there.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache
from importlib import import_module
from types import NoneType, UnionType
from typing import Any, ForwardRef, Union, get_args, get_origin

import pulumi
import pulumi_aws
import pulumi_docker_build
from pulumi import _types

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_SCALARS: dict[type, tuple[type, ...]] = {str: (str,), bool: (bool,), float: (int, float), int: (int, float)}


@dataclass(frozen=True, kw_only=True)
class Schema:
    """Names are those on the wire."""

    inputs: Mapping[str, Any]
    required: frozenset[str]
    outputs: Mapping[str, Any]
    always: frozenset[str]
    """Outputs that are never missing. An optional input among them keeps AWS's value when it isn't given."""

    def problems(self, inputs: Mapping[str, Any]) -> list[str]:
        """Lists what the provider would refuse, in the order of the inputs."""
        missing = [f"{name} is missing" for name in sorted(self.required - inputs.keys())]
        return [*missing, *_object_problems(self.inputs, inputs, "")]


@cache
def schema_of(type_: str) -> Schema:
    """Finds the class of a type token and reads it."""
    resource = _resource_class(type_)
    module = inspect.getmodule(resource)
    # Where a nested type has the name already, the inputs are called otherwise.
    args = getattr(module, f"{resource.__name__}InitArgs", None) or getattr(module, f"{resource.__name__}Args")
    outputs = _types.resource_types(resource)
    return Schema(
        inputs=_types.input_type_types(args),
        required=_required(args),
        outputs=outputs,
        always=frozenset(
            name for name, property_ in _outputs(resource).items() if not _is_optional(property_) and name in outputs
        ),
    )


def _resource_class(type_: str) -> type[pulumi.Resource]:
    package, module, name = type_.split(":")
    if package == "docker-build":
        return _class(pulumi_docker_build, name)
    if package == "pulumi":
        return pulumi_aws.Provider
    folder = module.partition("/")[0]
    return _class(import_module(f"pulumi_aws.{'lambda_' if folder == 'lambda' else folder}"), name)


def _class(module: Any, name: str) -> type[pulumi.Resource]:
    found: type[pulumi.Resource] = getattr(module, name)
    return found


def _required(args: type) -> frozenset[str]:
    wire_names = _types.input_type_py_to_pulumi_names(args)
    parameters = inspect.signature(args).parameters.values()
    return frozenset(wire_names[each.name] for each in parameters if each.default is inspect.Parameter.empty)


def _outputs(resource: type) -> dict[str, Any]:
    """Maps wire names to the annotations of the properties, which say Optional where the value may be missing."""
    getters = inspect.getmembers(resource, lambda member: isinstance(member, property))
    names = _types.resource_py_to_pulumi_names(resource)
    return {
        names[name]: getter.fget.__annotations__["return"]
        for name, getter in getters
        if name in names and "return" in getter.fget.__annotations__
    }


def _is_optional(annotation: Any) -> bool:
    return "Optional" in str(annotation)


def _object_problems(fields: Mapping[str, Any], value: Mapping[str, Any], path: str) -> Iterator[str]:
    for name, item in value.items():
        if name not in fields:
            yield f"{path}{name} is unknown"
        else:
            yield from _value_problems(fields[name], item, f"{path}{name}")


def _value_problems(annotation: Any, value: Any, path: str) -> Iterator[str]:
    """A value fits if it fits one of the alternatives; the first nested object that it could be explains why not."""
    alternatives = list(_alternatives(annotation))
    if value == UNKNOWN or Any in alternatives:
        return
    nested = [each for each in alternatives if _types.is_input_type(each)]
    if isinstance(value, dict) and nested:
        yield from (f"{path}.{name} is missing" for name in sorted(_required(nested[0]) - value.keys()))
        yield from _object_problems(_types.input_type_types(nested[0]), value, f"{path}.")
    elif isinstance(value, dict | list):
        yield from _collection_problems(alternatives, value, path)
    elif not any(_fits(each, value) for each in alternatives):
        yield f"{path} is {value!r}, not {' or '.join(getattr(each, '__name__', str(each)) for each in alternatives)}"


def _collection_problems(alternatives: list[Any], value: Any, path: str) -> Iterator[str]:
    wanted = Mapping if isinstance(value, dict) else Sequence
    found = [
        each for each in alternatives if isinstance(origin := get_origin(each), type) and issubclass(origin, wanted)
    ]
    if not found:
        yield f"{path} is a {type(value).__name__}"
        return
    element = get_args(found[0])[-1]
    for key, item in value.items() if isinstance(value, dict) else enumerate(value):
        yield from _value_problems(element, item, f"{path}[{key}]")


def _fits(annotation: Any, value: Any) -> bool:
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return value in [each.value for each in annotation]
    if isinstance(annotation, type) and issubclass(annotation, pulumi.Resource):
        return isinstance(value, str)  # the SDK sends the id
    if isinstance(value, bool):
        return annotation is bool
    if annotation is int:
        return isinstance(value, int | float) and value == int(value)
    return annotation in _SCALARS and isinstance(value, _SCALARS[annotation])


def _alternatives(annotation: Any) -> Iterator[Any]:
    """Flattens what an input may be, without the wrappers of values that come later."""
    if get_origin(annotation) in (Union, UnionType):
        for each in get_args(annotation):
            yield from _alternatives(each)
    elif annotation is not NoneType and not isinstance(annotation, ForwardRef | str):
        origin = get_origin(annotation)
        if not (isinstance(origin, type) and issubclass(origin, Awaitable | pulumi.Output)):
            yield annotation
