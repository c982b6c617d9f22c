"""images/<folder>/requirements.txt against the requirements.in it was made of, without asking any package index."""

import ast
import re
import sys
from importlib import metadata
from pathlib import Path

import pytest

from local.layout import ROOT
from local.program.image_context import context_files
from local.services.function_containers import image_folders
from tools.image_requirements import OPTIONS
from tools.pinned_requirements import normalised, read_pins

IMAGES = ROOT / "images"

DISTRIBUTIONS = metadata.packages_distributions()
LINE = re.compile(r"([A-Za-z0-9._-]+)==([^ ;#]+)")


def named(requirements: Path) -> dict[str, str]:
    """Name to version of a hand-written list; comments and included files aside."""
    lines = (line for line in requirements.read_text().splitlines() if line and not line.startswith(("#", "-")))
    found = [LINE.match(line) for line in lines]
    assert all(found), f"{requirements} has a line without an exact version"
    return {normalised(match[1]): match[2] for match in found if match}


@pytest.mark.parametrize("folder", image_folders())
def test_the_list_holds_what_the_input_names_at_its_version(folder: str) -> None:
    pins = read_pins(IMAGES / folder / "requirements.txt")
    assert {name: pin.version for name, pin in pins.items() if pin.direct} == named(IMAGES / folder / "requirements.in")


@pytest.mark.parametrize("folder", image_folders())
def test_every_line_of_the_input_says_why(folder: str) -> None:
    lines = (IMAGES / folder / "requirements.in").read_text().splitlines()
    assert all(re.search(r"# \w", line) for line in lines)


@pytest.mark.parametrize("folder", image_folders())
def test_every_package_has_a_hash_and_somebody_who_asked_for_it(folder: str) -> None:
    text = (IMAGES / folder / "requirements.txt").read_text()
    pins = read_pins(IMAGES / folder / "requirements.txt")
    assert [name for name, pin in pins.items() if not pin.sha256] == []
    assert [name for name, pin in pins.items() if not pin.direct and not pin.asked_by] == []
    assert sum(len(pin.sha256) for pin in pins.values()) == text.count("--hash=")
    assert {asker for pin in pins.values() for asker in pin.asked_by} <= set(pins)


@pytest.mark.parametrize("folder", image_folders())
def test_the_list_names_no_index_and_no_place_of_a_machine(folder: str) -> None:
    text = (IMAGES / folder / "requirements.txt").read_text()
    assert not re.search(r"://|^\s*--?(i|f|index|extra|find|trusted)|(?<![.\w])/\w", text, re.MULTILINE)


@pytest.mark.parametrize("folder", image_folders())
def test_the_list_says_the_command_that_made_it(folder: str) -> None:
    head = (IMAGES / folder / "requirements.txt").read_text().splitlines()[1]
    assert head == f"#    uv pip compile {' '.join(OPTIONS)} requirements.in"


@pytest.mark.parametrize("folder", image_folders())
def test_an_image_installs_the_versions_that_the_tests_run(folder: str) -> None:
    pins = {name: pin.version for name, pin in read_pins(IMAGES / folder / "requirements.txt").items()}
    tested = named(ROOT / "constraints.txt")
    assert pins == {name: tested[name] for name in pins}


@pytest.mark.parametrize("folder", image_folders())
def test_an_image_installs_what_its_handler_imports_and_asks_for_nothing_else(folder: str) -> None:
    pins = read_pins(IMAGES / folder / "requirements.txt")
    imported = {normalised(DISTRIBUTIONS[module][0]) for module in third_party_imports(folder)}
    assert imported - {"botocore"} == {name for name, pin in pins.items() if pin.direct}  # boto3 brings its botocore


def test_what_is_left_out_is_imported_by_nobody_who_asks_for_it() -> None:
    lines = (IMAGES / "left_out.txt").read_text().splitlines()
    assert [line.split(" ;")[0] for line in lines if not line.startswith("#")] == ["opensearch-protobufs"]
    client = metadata.distribution("opensearch-py")
    assert any(need.startswith("opensearch-protobufs") for need in client.requires or [])
    sources = [Path(str(client.locate_file(path))) for path in client.files or [] if path.suffix == ".py"]
    assert len(sources) > 100
    forbidden = {"opensearch", "grpc", "google"}
    assert not [path for path in sources if forbidden & {module for module, _ in _imports(path)}]


def test_a_line_without_a_version_is_refused(tmp_path: Path) -> None:
    listed = tmp_path / "requirements.txt"
    listed.write_text("boto3>=1 \\\n    --hash=sha256:" + "0" * 64 + "\n")
    with pytest.raises(ValueError, match="No pinned package"):
        read_pins(listed)


def test_a_package_with_two_versions_is_refused(tmp_path: Path) -> None:
    listed = tmp_path / "requirements.txt"
    listed.write_text(
        "numpy==2.3 ; python_full_version < '3.12' \\\n" + "numpy==2.4 ; python_full_version >= '3.12' \\\n"
    )
    with pytest.raises(ValueError, match="two versions"):
        read_pins(listed)


def test_a_pin_is_read_with_its_condition_and_its_askers(tmp_path: Path) -> None:
    listed = tmp_path / "requirements.txt"
    listed.write_text(
        "Typing_Extensions==4.1 ; python_full_version < '3.13' \\\n"
        f"    --hash=sha256:{'a' * 64} \\\n    --hash=sha256:{'b' * 64}\n"
        "    # via\n    #   -r requirements.in\n    #   zope.x\n"
        f"six==1.0 \\\n    --hash=sha256:{'c' * 64}\n    # via python-dateutil\n"
    )
    pins = read_pins(listed)
    first, second = pins["typing-extensions"], pins["six"]
    assert (first.version, first.marker, first.direct) == ("4.1", "python_full_version < '3.13'", True)
    assert first.sha256 == ("a" * 64, "b" * 64)
    assert first.asked_by == ("zope-x",)
    assert (second.asked_by, second.direct, second.marker) == (("python-dateutil",), False, "")


def third_party_imports(folder: str) -> set[str]:
    """Packages that the image's handlers import, at once or later, by way of any module of ours."""
    ours = {
        path.with_suffix("").as_posix().replace("/", ".").removesuffix(".__init__"): IMAGES / path
        for path in _sources(folder)
    }
    makes_an_index = (IMAGES / folder / "index.json").exists()  # infra/sync/index.py runs it in such an image
    handlers = [name for name in ours if name.startswith(f"{folder}.") and name.endswith("handler")]
    waiting = [*handlers, *(["changefeed.create_index"] if makes_an_index else [])]
    seen, found = set(), set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        for module, names in _imports_of(ours[name]):
            reached = [module, *(f"{module}.{each}" for each in names)]
            waiting += [each for each in reached if each in ours]
            if module.split(".")[0] not in {folder, "changefeed", "lambda_kit", *sys.stdlib_module_names}:
                found.add(module.split(".")[0])
    return found


def _sources(folder: str) -> list[Path]:
    return [path for path in context_files(IMAGES, IMAGES / folder / "Dockerfile") if path.suffix == ".py"]


def _imports(path: Path) -> list[tuple[str, list[str]]]:
    return [(module.split(".")[0], names) for module, names in _imports_of(path)]


def _imports_of(path: Path) -> list[tuple[str, list[str]]]:
    found: list[tuple[str, list[str]]] = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found += [(alias.name, []) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found.append((node.module, [alias.name for alias in node.names]))
    return found
