"""Finds what AWS would refuse in a call and botocore lets through: enums, patterns, and what is too long or too large.

botocore's own check knows types, required members and lower bounds; the rest of its models is documentation to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

# What Python's `re` says otherwise than the services' own Java: this stands in for that, wherever a pattern has it.
JAVA_SYNTAX = {
    r"\p{L}\p{Z}\p{N}": r"\w\s",  # letters, separators, digits; `_` is in each of these classes anyway
    r"\p{Print}": r" -~",
    r"[\w-_]": r"[\w\-_]",  # Java takes the `-` after a class literally
    r"\uD800\uDC00-\uDBFF\uDFFF": "\U00010000-\U0010ffff",  # UTF-16's pairs, which Python has as characters
}
_PRINTABLE = r"\p{Print}+"  # the only pattern that has this class outside brackets


def limits_broken(value: Any, shape: Any, path: str = "") -> Iterator[str]:
    """Yields `path: limit` for each limit that the value breaks. Never the value, nor a map's key: both may be data."""
    match shape.type_name:
        case "structure" if isinstance(value, Mapping):
            for name in value.keys() & shape.members.keys():
                yield from limits_broken(value[name], shape.members[name], f"{path}.{name}".lstrip("."))
        case "list" if isinstance(value, list | tuple):
            yield from _too_much(len(value), "members", shape, path)
            for member in value:
                yield from limits_broken(member, shape.member, f"{path}[]")
        case "map" if isinstance(value, Mapping):
            yield from _too_much(len(value), "entries", shape, path)
            for key, member in value.items():
                yield from limits_broken(key, shape.key, f"{path}.(key)")
                yield from limits_broken(member, shape.value, f"{path}.*")
        case "string" if isinstance(value, str):
            yield from _too_much(len(value), "characters", shape, path)
            yield from _unlike(value, shape, path)
        case "blob" if isinstance(value, bytes | bytearray):
            yield from _too_much(len(value), "bytes", shape, path)
        case "integer" | "long" | "float" | "double" if isinstance(value, int | float):
            yield from _too_much(value, "", shape, path)


def _too_much(size: float, unit: str, shape: Any, path: str) -> Iterator[str]:
    if size > shape.metadata.get("max", size):
        yield f"{path}: more than {shape.metadata['max']} {unit}".rstrip()


def _unlike(value: str, shape: Any, path: str) -> Iterator[str]:
    if shape.enum and value not in shape.enum:
        yield f"{path}: none of {', '.join(shape.enum)}"
    pattern = shape.metadata.get("pattern")
    if pattern and not compiled(pattern).fullmatch(value):
        yield f"{path}: not like {pattern}"


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """Compiles a model's pattern, which is meant for the whole text whether it has anchors or not."""
    if pattern == _PRINTABLE:
        return re.compile("[ -~]+")
    for java, python in JAVA_SYNTAX.items():
        pattern = pattern.replace(java, python)
    return re.compile(pattern)
