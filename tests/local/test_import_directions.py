"""Imports of the local wing point one way: demo, ops, local, streams, and within local from commands down to errors."""

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from local.layout import ROOT

LAYERS = (
    ("streams",),
    ("local.errors", "local.layout", "local.ending"),
    ("local.services",),
    ("local.runners",),
    ("local.program",),
    ("local.stack", "local.state", "local.running", "local.observation", "local.watchdog"),
    ("local.commands",),
    ("ops",),
    ("demo",),
    ("local.__main__",),
)
"""From the bottom to the top: a module imports its own layer and those below it."""

WINGS = ("streams", "local", "demo")
OURS = {*WINGS, "bench", "infra", "ops", "tests", "tools"} | {path.name for path in (ROOT / "images").iterdir()}


def modules() -> dict[str, ast.Module]:
    files = {path.relative_to(ROOT): path for wing in WINGS for path in (ROOT / wing).rglob("*.py")}
    return {
        ".".join(name.with_suffix("").parts).removesuffix(".__init__"): ast.parse(path.read_text())
        for name, path in files.items()
    }


def imports(tree: ast.AST) -> Iterator[str]:
    """Yields what is imported; of `from a import b` both, because b may be a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def layer(module: str) -> int | None:
    """The number of the module's layer; None for what is not ours, and for a package of several layers."""
    found = [n for n, names in enumerate(LAYERS) for name in names if f"{module}.".startswith(f"{name}.")]
    return found[0] if found else None


def upward(name: str, tree: ast.AST) -> list[str]:
    own = layer(name)
    return [other for other in imports(tree) if own is not None and (layer(other) or 0) > own]


def hidden(tree: ast.AST) -> list[str]:
    """What of ours a function imports."""
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return [name for function in functions for name in imports(function) if name.partition(".")[0] in OURS]


def test_every_module_has_a_layer() -> None:
    assert {name for name in modules() if layer(name) is None} == {"local"}


def test_no_module_imports_a_higher_layer() -> None:
    assert {name: found for name, tree in modules().items() if (found := upward(name, tree))} == {}


def test_no_function_imports_what_is_ours() -> None:
    assert {name: found for name, tree in modules().items() if (found := hidden(tree))} == {}


def test_no_modules_import_each_other_in_a_circle() -> None:
    trees = modules()
    graph = {name: {other for other in imports(tree) if other in trees} - {name} for name, tree in trees.items()}
    TopologicalSorter(graph).prepare()  # raises CycleError, which names the circle


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("local.runners.part", "from local.program.resources import creation"),
        ("streams.reader", "import local.errors"),
        ("local.stack", "from local import commands"),
        ("local.commands.up", "from demo.story import Demo"),
    ],
)
def test_a_line_against_the_direction_is_found(name: str, line: str) -> None:
    assert upward(name, ast.parse(line))
    assert hidden(ast.parse(f"def f():\n    {line}"))


def test_the_files_are_where_this_test_looks() -> None:
    assert {"streams.reader", "local.stack", "demo.demo"} <= modules().keys()
    assert Path(ROOT / "images" / "changefeed").is_dir()
