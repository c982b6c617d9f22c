"""Checks what looks at more than one key: each section's rules, and the names of all of them."""

from __future__ import annotations

from collections.abc import Iterator

from infra.base.section import Problem
from infra.settings.sections import Settings


def cross_field_problems(settings: Settings) -> list[Problem]:
    """Lists all violations at once, in the order of the sections."""
    found = list(settings.problems())
    for section in settings.sections:
        found += [*section.problems(), *section.conflicts(settings)]
    return [*found, *_names(settings)]


def _names(settings: Settings) -> Iterator[Problem]:
    """Yields names that are too long with the prefix, and names of one kind that are used twice."""
    seen: set[tuple[str, str]] = set()
    for entry in (name for section in settings.sections for name in section.names()):
        length = len(settings.name_prefix) + len(entry.name)
        if length > entry.limit:
            message = f"is {length} characters with name_prefix in front; at most {entry.limit} are allowed"
            yield Problem(path=entry.path, message=message)
        if (entry.kind, entry.name) in seen:
            message = f"{entry.name!r} is the name of another {entry.kind} too; names must differ"
            yield Problem(path=entry.path, message=message)
        seen.add((entry.kind, entry.name))
