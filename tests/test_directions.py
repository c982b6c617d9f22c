"""The house stands: imports point down, nothing goes round in a circle, files stay small.

Imports inside functions count like all others, so that none can hide a circle.
"""

import ast
import re
import statistics
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
WINGS = ("infra", "images", "streams", "ops", "local", "demo", "bench", "tools", "driftless", "cli")

# From top to bottom. A room may import those below it, never one above it or beside it; rooms that no line has may be
# imported by every room of the same wing. The longest name that fits a module is its room.
# A room of infra that no line names is a capability.
GROUND = "settings operators monitoring cost sync api source search queued kit capability parts rights base".split()  # noqa: SIM905 - one line
CAPABILITIES = sorted({path.name for path in (ROOT / "infra").glob("[a-z]*") if path.is_dir()} - {*GROUND})
FUNCTIONS = sorted(path.parent.name for path in (ROOT / "images").glob("*/Dockerfile"))
LAYERS: Mapping[str, str] = {
    "the whole": """
        bench
        driftless
        tools
        __main__ local.__main__
        demo
        ops
        local
        cli streams
    """,
    "infra": f"""
        __main__
        infra.settings
        infra.operators infra.monitoring infra.cost
        {" ".join(f"infra.{name}" for name in CAPABILITIES)}
        infra.sync infra.api
        infra.source infra.search infra.queued
        infra.kit infra.capability
        infra.parts
        infra.rights infra.base
    """,
    "images": f"""
        {" ".join(FUNCTIONS)}
        changefeed
        lambda_kit
    """,
    "changefeed": """
        changefeed.consumer changefeed.create_index changefeed.backfill
        changefeed.pipeline
        changefeed.batch_part changefeed.batch_response changefeed.batch_judgement changefeed.parking
        changefeed.write
        changefeed.plan
        changefeed.decode
        changefeed.errors changefeed.value_class
    """,
    "ops": """
        ops.__main__
        ops.commands
        ops.smoke
        ops.backfill ops.probe ops.redrive ops.resend ops.verify
        ops.explain
        ops.feed ops.trouble
        ops.stack
        ops.dead_letter_queue ops.batch_write
        ops.errors ops.images_path
    """,
    "cli": """
        cli.edge
        cli.program cli.bug
        cli.help cli.parser cli.questions cli.console
        cli.progress
        cli.ticker cli.paths cli.numbers cli.suggestion cli.interrupts cli.streams cli.environment cli.table
        cli.errors
        cli.first
    """,
    "local": """
        local.__main__
        local.commands
        local.stack local.observation local.function_log
        local.running local.watchdog local.explain
        local.last_end
        local.state
        local.program
        local.runners
        local.services
        local.layout local.errors local.ending
    """,
}
CLOSED = {"infra": ("__main__", "infra", "tools", "bench")}
"""Who may import a wing that is closed to the others."""
STARTED_LATE = "sync_dynamodb_stream.handler"
"""A handler reads its environment at import, so what runs one imports it when the environment is set."""


def modules() -> dict[str, Path]:
    """Returns every module outside tests, by its dotted name."""
    found = {"__main__": ROOT / "__main__.py"}
    for wing in WINGS:
        for path in sorted((ROOT / wing).rglob("*.py")):
            parts = path.relative_to(ROOT / ("images" if wing == "images" else "")).with_suffix("").parts
            found[".".join(parts).removesuffix(".__init__")] = path
    return found


MODULES = modules()


def imported(source: str, known: Iterable[str]) -> Iterator[str]:
    """Yields the modules of ours that the source imports, at its top or later."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom) and node.module:
            inner = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (module for module in inner if module in known)
            if node.module in known and any(module not in known for module in inner):
                yield node.module


GRAPH = {name: set(imported(path.read_text(encoding="utf-8"), MODULES)) - {name} for name, path in MODULES.items()}


def room_of(module: str, rooms: Iterable[str]) -> str | None:
    """Returns the longest room that the module is in."""
    return max((room for room in rooms if module == room or module.startswith(f"{room}.")), key=len, default=None)


def upward(layers: str, graph: Mapping[str, set[str]]) -> list[str]:
    """Lists the imports that point up or sideways."""
    height = {room: -position for position, line in enumerate(layers.strip().splitlines()) for room in line.split()}
    found = []
    for module, targets in graph.items():
        here = room_of(module, height)
        for target in sorted(targets):
            there = room_of(target, height)
            if here and there and here != there and height[there] >= height[here]:
                found.append(f"{module} ({here}) imports {target} ({there})")
    return found


def circle(graph: Mapping[str, set[str]]) -> list[str]:
    """Returns one circle of imports, or nothing."""
    done: set[str] = set()

    def walk(module: str, path: list[str]) -> list[str]:
        if module in path:
            return [*path[path.index(module) :], module]
        if module in done:
            return []
        done.add(module)
        return next((found for target in sorted(graph[module]) if (found := walk(target, [*path, module]))), [])

    return next((found for module in sorted(graph) if (found := walk(module, []))), [])


@pytest.mark.parametrize("wing", LAYERS)
def test_no_import_points_up_or_sideways(wing: str) -> None:
    assert upward(LAYERS[wing], GRAPH) == []


@pytest.mark.parametrize("wing", LAYERS)
def test_every_room_of_a_wing_has_its_place(wing: str) -> None:
    rooms = LAYERS[wing].split()
    unused = [room for room in rooms if not any(room_of(name, [room]) for name in MODULES)]
    assert unused in ([], ["infra.cost"])  # which is to come
    if wing == "infra":
        assert [name for name in MODULES if name.startswith("infra.") and not room_of(name, rooms)] == []


def test_a_wing_is_imported_by_those_that_may() -> None:
    strangers = [
        f"{module} imports {target}"
        for wing, allowed in CLOSED.items()
        for module, targets in GRAPH.items()
        for target in targets
        if target.partition(".")[0] == wing and module.partition(".")[0] not in allowed
    ]
    assert strangers == []


def test_no_import_goes_round_in_a_circle() -> None:
    assert circle(GRAPH) == []


def late(source: str, known: Iterable[str]) -> set[str]:
    """Returns the modules of ours that functions import."""
    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    return {module for node in functions for module in imported(ast.unparse(node), known)}


def test_no_function_imports_what_is_ours_but_in_images() -> None:
    """In images/ a late import spares a cold start; elsewhere it could only hide a direction."""
    found = {
        name: late(path.read_text(encoding="utf-8"), MODULES) - {STARTED_LATE}
        for name, path in MODULES.items()
        if "images" not in path.parts
    }
    assert {name: modules for name, modules in found.items() if modules} == {}


def test_every_command_of_ops_has_its_room() -> None:
    commands = {path.stem for path in (ROOT / "ops/commands").glob("*.py")} - {"__init__"}
    assert commands == {path.parent.name for path in (ROOT / "ops").glob("*/__init__.py")} - {"commands", "trouble"}


def test_no_command_relies_on_an_assert() -> None:
    """`python -O` leaves them out."""
    found = {
        name: [node.lineno for node in ast.walk(ast.parse(MODULES[name].read_text())) if isinstance(node, ast.Assert)]
        for name in MODULES
        if name.split(".")[0] in ("ops", "local")
    }
    assert {name: lines for name, lines in found.items() if lines} == {}


def test_no_capability_is_named_outside_its_room() -> None:
    """What knows no capability by name: operators, monitoring, the API, the kit, the parts."""
    named = re.compile(r"scilearn|SciLearn|infra\.analyses|[Aa]nalytics")
    nameless = ("infra.kit", "infra.capability", "infra.operators", "infra.monitoring", "infra.api", "infra.queued",
                "infra.parts", "infra.rights", "infra.base", "infra.source", "infra.search", "infra.sync")  # fmt: skip
    assert [name for name in MODULES if room_of(name, nameless) and named.search(MODULES[name].read_text())] == []


def test_files_stay_small() -> None:
    lines = {name: len(path.read_text(encoding="utf-8").splitlines()) for name, path in MODULES.items()}
    assert {name: count for name, count in lines.items() if count > 300} == {}
    assert statistics.median(lines.values()) <= 90


@pytest.mark.parametrize(
    ("wing", "module", "target"),
    [
        ("infra", "infra.source.table", "infra.sync.consumer"),
        ("infra", "infra.analyses", "infra.settings.sections"),
        ("infra", "infra.sync.consumer", "infra.api"),
        ("the whole", "ops.stack", "demo.story"),
        ("the whole", "streams.kinesis", "local.errors"),
        ("the whole", "cli.edge", "ops.errors"),
        ("cli", "cli.paths", "cli.edge"),
        ("ops", "ops.redrive.run", "ops.commands.redrive"),
        ("ops", "ops.resend.run", "ops.redrive.letter"),
        ("ops", "ops.verify.walk", "ops.smoke.scene"),
        ("ops", "ops.stack", "ops.verify.walk"),
        ("local", "local.runners.part", "local.program.resources.creation"),
        ("images", "table_api.routes", "scilearn.service"),
        ("images", "lambda_kit.signing", "changefeed.errors"),
    ],
)
def test_an_import_against_the_direction_is_found(wing: str, module: str, target: str) -> None:
    assert upward(LAYERS[wing], {module: {target}})


def test_an_import_inside_a_function_counts() -> None:
    source = "def f():\n    from ops import stack\n"
    assert list(imported(source, {"ops", "ops.stack"})) == ["ops.stack"]
    assert late(source, {"ops", "ops.stack"}) == {"ops.stack"}


def test_a_circle_is_found() -> None:
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]
