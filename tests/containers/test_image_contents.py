"""What is in an image above its base: nothing missing, nothing more, readable by all, writable by none."""

import importlib.util
import re
import subprocess
from importlib import metadata
from pathlib import PurePosixPath

import pytest
from packaging.markers import Marker

from bench.image_size import LIMIT_MEGABYTES, layer_size, too_large
from local.layout import ROOT
from local.program.image_context import context_files
from local.services.container_engine import ContainerEngine
from local.services.function_containers import image_folders
from tools.image_layers import Layer, LayerEntry, layers_of
from tools.pinned_requirements import normalised, read_pins
from tools.sbom import BASE_LABEL, default_base_image

IMAGES = ROOT / "images"

pytestmark = pytest.mark.containers

TASK_ROOT = "var/task"
LABELS = "org.opencontainers.image."
UNCHECKED_HASH = 0b01
"""Flags of bytecode that is bound to its source by a hash that no import checks. Source: PEP 552."""


@pytest.fixture(scope="module", params=image_folders())
def folder(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def layers(engine: ContainerEngine, images: dict[str, str], folder: str) -> list[Layer]:
    return layers_of(engine, images[folder])


@pytest.fixture(scope="module")
def files(layers: list[Layer]) -> dict[str, LayerEntry]:
    """Every file that the image adds, by its path from the root."""
    return {entry.path: entry for layer in layers for entry in layer.entries if entry.is_file}


def test_everything_lies_below_the_task_root(layers: list[Layer], files: dict[str, LayerEntry]) -> None:
    assert [path for path in files if not path.startswith(TASK_ROOT + "/")] == []
    folders = {entry.path for layer in layers for entry in layer.entries if entry.is_folder}
    assert {path for path in folders if not path.startswith(TASK_ROOT)} <= {"var", "opt"}
    assert [
        entry.path for layer in layers for entry in layer.entries if not entry.is_file and not entry.is_folder
    ] == []


def test_our_files_are_those_of_the_context_to_the_byte(files: dict[str, LayerEntry], folder: str) -> None:
    expected = {
        f"{TASK_ROOT}/{path.as_posix()}": (IMAGES / path).read_bytes()
        for path in context_files(IMAGES, IMAGES / folder / "Dockerfile")
        if path.name != "requirements.txt"
    }
    ours = tuple(f"{TASK_ROOT}/{name}/" for name in (folder, "changefeed", "lambda_kit"))
    there = {
        path: entry.content for path, entry in files.items() if path.startswith(ours) and "/__pycache__/" not in path
    }
    assert there == expected


def test_packages_are_those_of_the_list_at_their_versions(files: dict[str, LayerEntry], folder: str) -> None:
    found = {}
    for path, entry in files.items():
        if path.endswith(".dist-info/METADATA"):
            text = entry.content.decode()
            name, version = (re.search(rf"^{key}: (\S+)", text, re.MULTILINE) for key in ("Name", "Version"))
            assert name
            assert version
            found[normalised(name[1])] = version[1]
    pins = read_pins(IMAGES / folder / "requirements.txt")
    here = {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"}
    wanted = {name: pin.version for name, pin in pins.items() if not pin.marker or Marker(pin.marker).evaluate(here)}
    assert found == wanted


def test_every_other_file_belongs_to_a_package(files: dict[str, LayerEntry], folder: str) -> None:
    recorded = {
        f"{TASK_ROOT}/{line.split(',')[0]}"
        for path, entry in files.items()
        if path.endswith(".dist-info/RECORD")
        for line in entry.content.decode().splitlines()
    }
    ours = tuple(f"{TASK_ROOT}/{name}/" for name in (folder, "changefeed", "lambda_kit"))
    strangers = [
        path for path in files if path not in recorded and not path.startswith(ours) and not path.endswith(".pyc")
    ]
    assert strangers == []


def test_nothing_of_a_build_is_left(files: dict[str, LayerEntry]) -> None:
    forbidden = re.compile(
        r"/(Dockerfile[^/]*|requirements\.(txt|in)|pip|setuptools|wheel|gcc|cc|[^/]*\.(a|o|h|c|whl)|\.cache|bin)(/|$)"
    )
    assert [path for path in files if forbidden.search(path)] == []


def test_anybody_may_read_and_nobody_but_root_may_write(layers: list[Layer]) -> None:
    modes = {
        (entry.is_folder, oct(entry.mode & 0o7777), entry.uid, entry.gid)
        for layer in layers
        for entry in layer.entries
        if entry.path.startswith(TASK_ROOT + "/")
    }
    assert modes == {(True, "0o755", 0, 0), (False, "0o644", 0, 0)}


def test_every_module_has_bytecode_of_one_python_made_from_its_source(files: dict[str, LayerEntry]) -> None:
    bytecode = {path: entry for path, entry in files.items() if path.endswith(".pyc")}
    sources: dict[str, str] = {}
    for path in bytecode:
        place = PurePosixPath(path)
        assert place.parent.name == "__pycache__"
        sources[str(place.parent.parent / (place.name.split(".")[0] + ".py"))] = path
    assert set(sources) == {path for path in files if path.endswith(".py")}
    assert len(sources) == len(bytecode)
    assert len({entry.content[:4] for entry in bytecode.values()}) == 1
    for source, path in sources.items():
        content = bytecode[path].content
        assert int.from_bytes(content[4:8], "little") == UNCHECKED_HASH, path
        # the hash depends on the source alone; every Python since 3.7 computes it alike
        assert content[8:16] == importlib.util.source_hash(files[source].content), path


def test_a_stranger_imports_from_bytecode_under_a_read_only_root(
    engine: ContainerEngine, images: dict[str, str], folder: str
) -> None:
    pins = read_pins(IMAGES / folder / "requirements.txt")
    modules = [
        module
        for module, names in metadata.packages_distributions().items()
        if any(normalised(name) in pins and pins[normalised(name)].direct for name in names)
        and not module.startswith("adbc_")  # duckdb's second module, for a package that isn't there
    ]
    code = f"import {', '.join([folder, *modules])}"
    command = engine.run_command(
        images[folder], "-v", "-c", code, memory_megabytes=512, network="none",
        options=("--entrypoint", "python3", "--workdir", f"/{TASK_ROOT}"),
    )  # fmt: skip
    output = engine_output(command)
    loaded = re.findall(r"code object from '?(/var/task/[^'\s]+)", output)
    assert len(loaded) > 100
    assert [path for path in loaded if not path.endswith(".pyc")] == []
    assert f"/{TASK_ROOT}/{folder}/__pycache__/__init__." in output
    assert "# wrote '/var/task" not in output


def test_an_image_is_labelled_and_starts_its_handler(
    engine: ContainerEngine, images: dict[str, str], folder: str
) -> None:
    config = engine.inspect(images[folder])["Config"]
    labels = {name.removeprefix(LABELS): text for name, text in config["Labels"].items() if name.startswith(LABELS)}
    assert (labels["title"], labels["licenses"]) == (folder, "Apache-2.0")
    assert labels["description"]
    assert config["Labels"][BASE_LABEL] == (engine.base_image or default_base_image(IMAGES / folder))
    assert config["Cmd"] == [f"{folder}.handler.handler"]


def test_a_sync_image_adds_at_most_its_limit(layers: list[Layer], folder: str) -> None:
    sizes = {folder: [layer_size(number, layer) for number, layer in enumerate(layers, start=1)]}
    assert too_large(sizes) == []
    assert LIMIT_MEGABYTES == 60


def test_without_extensions_opt_stays_the_bases(layers: list[Layer]) -> None:
    assert [entry.path for layer in layers for entry in layer.entries if entry.path.startswith("opt/")] == []


def engine_output(command: list[str]) -> str:
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stderr[-2000:]
    return ended.stdout + ended.stderr
