"""Imports of ops and bench point one way: bench, ops, local; and in ops from a command to its room to shared files."""

import ast
from collections.abc import Iterator

import pytest

from local.layout import ROOT
from tests.local.test_import_directions import hidden, imports

ROOMS = {"backfill", "probe", "redrive", "resend", "verify"}
ABOVE_OPS = ("bench", "demo", "infra", "tests", "tools", "ops.__main__")
STARTED_LATE = "sync_dynamodb_stream.handler"
"""A handler reads its environment at import, so what runs one imports it when the environment is set."""


def modules(wing: str) -> Iterator[tuple[str, ast.Module]]:
    for path in sorted((ROOT / wing).rglob("*.py")):
        yield ".".join(path.relative_to(ROOT).with_suffix("").parts), ast.parse(path.read_text())


def upward(name: str, tree: ast.AST) -> list[str]:
    """Imports of a module of ops that point up, or from one room into another."""
    place = name.split(".")[1]
    found = []
    for other in imports(tree):
        wing, _, rest = other.partition(".")
        target = rest.partition(".")[0]
        goes_up = any(f"{other}.".startswith(f"{above}.") for above in ABOVE_OPS)
        is_command = wing == "ops" and target == "commands" and place != "__main__"
        is_a_room = wing == "ops" and target in ROOMS and place not in ("commands", "__main__", target)
        found += [other] if goes_up or is_command or is_a_room else []
    return found


def test_ops_imports_nothing_above_it_and_no_room_another() -> None:
    assert {name: found for name, tree in modules("ops") if (found := upward(name, tree))} == {}


def test_every_command_has_its_room() -> None:
    commands = {path.stem for path in (ROOT / "ops" / "commands").glob("*.py")} - {"__init__"}
    assert commands == ROOMS == {path.parent.name for path in (ROOT / "ops").glob("*/__init__.py")} - {"commands"}


@pytest.mark.parametrize("wing", ["ops", "bench"])
def test_no_function_imports_what_is_ours(wing: str) -> None:
    late = {
        name: [other for other in hidden(tree) if not other.startswith(STARTED_LATE)] for name, tree in modules(wing)
    }
    assert {name: found for name, found in late.items() if found} == {}


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("ops.stack", "from demo.load import ItemApi"),
        ("ops.stack", "from ops.verify.walk import Page"),
        ("ops.resend.run", "from ops.redrive.letter import End"),
        ("ops.redrive.run", "from ops.commands import redrive"),
    ],
)
def test_a_line_against_the_direction_is_found(name: str, line: str) -> None:
    assert upward(name, ast.parse(line))
