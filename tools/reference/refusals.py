"""Finds what the functions behind the API refuse, and with which words, in the source of their images."""

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from local.layout import ROOT

TABLE_API = ("images/table_api/*.py", "images/lambda_kit/problem.py")
ANALYSIS_STATUS = ("images/scilearn/status_*.py", "images/lambda_kit/problem.py")
# Status, and where code and message stand among the arguments; None: the first one is the status.
_MAKERS: Mapping[str, tuple[int | None, int]] = {"Problem": (None, 1), "bad_request": (400, 0), "unavailable": (503, 0)}

Refusals = Mapping[tuple[int, str], tuple[str, ...]]
"""The messages by status and code; what a message fills in is shown as dots."""


def refusals(patterns: Iterable[str]) -> Refusals:
    """Returns every refusal whose code is written in these files."""
    found: dict[tuple[int, str], dict[str, None]] = defaultdict(dict)
    for path in sorted({path for pattern in patterns for path in ROOT.glob(pattern)}):
        for status, code, message in _in(path):
            found[status, code][message] = None
    return {key: tuple(messages) for key, messages in found.items()}


def _in(path: Path) -> Iterator[tuple[int, str, str]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id not in _MAKERS:
            continue
        status, first = _MAKERS[node.func.id]
        words = [_text(argument) for argument in node.args]
        if len(words) > first + 1 and words[first]:  # a maker that passes its own arguments on has no words
            yield status or int(words[0]), words[first], words[first + 1]


def _text(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) or "…" for part in node.values)
    return ""
