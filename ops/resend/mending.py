"""Changes a request before it is sent again: another one in its place, or other values, under the same id."""

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops.errors import UsageError


@dataclass(frozen=True, kw_only=True)
class Mending:
    """What to change: first `replacement`, then each value at a dotted path; list positions are numbers from 0."""

    replacement: Mapping[str, Any] | None = None
    assignments: tuple[tuple[str, Any], ...] = ()

    @property
    def is_empty(self) -> bool:
        """True when nothing is changed."""
        return self.replacement is None and not self.assignments

    def of(self, request: Any) -> Any:
        """Makes the request to send. Raises UsageError where a path leads nowhere."""
        changed = copy.deepcopy(dict(self.replacement) if self.replacement is not None else request)
        for path, value in self.assignments:
            _assign(changed, path, value)
        return changed


def read_mending(file: Path | None, assignments: list[str]) -> Mending:
    """Reads `--mend FILE` and `--set PATH=VALUE`. A value that isn't JSON is text. Raises UsageError."""
    replacement = None
    if file is not None:
        try:
            replacement = json.loads(file.read_text(encoding="utf-8"))
        except OSError as error:
            raise UsageError(f"--mend {file}: {error.strerror}.") from error
        except ValueError as error:
            raise UsageError(f"--mend {file} is not JSON.") from error
        if not isinstance(replacement, dict):
            raise UsageError(f"--mend {file} is not a JSON object: it takes the whole request, as POST /analyses does.")
    return Mending(replacement=replacement, assignments=tuple(_assignment(text) for text in assignments))


def _assignment(text: str) -> tuple[str, Any]:
    path, equals, value = text.partition("=")
    if not equals or not path:
        raise UsageError(f"--set {text}: write PATH=VALUE, for example options.folds=5.")
    try:
        return path, json.loads(value)
    except ValueError:
        return path, value


def _assign(target: Any, path: str, value: Any) -> None:
    *way, last = path.split(".")
    for part in way:
        target = _inner(target, part, path)
    if isinstance(target, list):
        target[_position(target, last, path)] = value
    elif isinstance(target, dict):
        target[last] = value
    else:
        raise UsageError(f"--set {path}: {last} is below a value that holds nothing.")


def _inner(target: Any, part: str, path: str) -> Any:
    if isinstance(target, list):
        return target[_position(target, part, path)]
    if isinstance(target, dict):
        return target.setdefault(part, {})
    raise UsageError(f"--set {path}: {part} is below a value that holds nothing.")


def _position(target: list[Any], part: str, path: str) -> int:
    if not part.isdecimal() or int(part) >= len(target):
        raise UsageError(f"--set {path}: {part} is no position in a list of {len(target)}.")
    return int(part)
