"""The slot for Lambda extensions: whatever another image has below /opt, such as Lambda Insights, is in the image."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.errors import LocalStackError
from local.services.container_engine import ContainerEngine
from local.services.function_containers import image_folders
from tools.image_layers import Layer, layers_of

pytestmark = pytest.mark.containers

FOLDER = image_folders()[0]
TAG = "driftless-test-extensions:latest"


@pytest.fixture
def extensions(tmp_path: Path) -> Path:
    """The context of an image that holds extensions and nothing else."""
    (tmp_path / "extensions").mkdir()
    return tmp_path


@pytest.fixture
def built(engine: ContainerEngine, images: dict[str, str]) -> Iterator[list[str]]:
    """What a test builds, removed after it: the image of the extensions, then the one that has them."""
    made: list[str] = []
    yield made
    engine.remove(*(image for image in reversed(made) if image not in images.values()))


def extension_image(engine: ContainerEngine, context: Path, dockerfile: str) -> str:
    """Built and tagged: a builder would look for an id in a registry."""
    (context / "extensions" / "Dockerfile").write_text(dockerfile)
    image = engine.build("extensions", context=context)
    subprocess.run([engine.client, "tag", image, TAG], capture_output=True, check=True)
    return TAG


def with_extensions(engine: ContainerEngine, image: str) -> str:
    return engine.build(FOLDER, arguments={"EXTENSIONS_IMAGE": image})


def below_opt(layers: list[Layer]) -> dict[str, tuple[int, bytes]]:
    entries = [entry for layer in layers for entry in layer.entries if entry.path.startswith("opt/")]
    return {entry.path: (entry.mode & 0o7777, entry.content) for entry in entries}


def test_an_empty_slot_is_the_image_without_one(engine: ContainerEngine, built: list[str], extensions: Path) -> None:
    built.append(extension_image(engine, extensions, "FROM scratch\nWORKDIR /opt\n"))
    built.append(with_extensions(engine, built[0]))
    assert built[1] == engine.build(FOLDER)
    assert below_opt(layers_of(engine, built[1])) == {}


def test_an_extension_is_in_the_image_as_it_was_made(
    engine: ContainerEngine, built: list[str], extensions: Path
) -> None:
    program = extensions / "probe"
    program.write_text("#!/bin/sh\n# registers with the Extensions API\n")
    program.chmod(0o755)
    built.append(extension_image(engine, extensions, "FROM scratch\nCOPY probe /opt/extensions/probe\n"))
    built.append(with_extensions(engine, built[0]))
    layers = layers_of(engine, built[1])
    assert below_opt(layers)["opt/extensions/probe"] == (0o755, program.read_bytes())
    without = layers_of(engine, engine.build(FOLDER))
    assert [layer.entries for layer in layers[1:]] == [layer.entries for layer in without[1:]]


def test_an_image_without_opt_is_refused(engine: ContainerEngine, built: list[str], extensions: Path) -> None:
    (extensions / "elsewhere").write_text("x")
    built.append(extension_image(engine, extensions, "FROM scratch\nCOPY elsewhere /elsewhere\n"))
    with pytest.raises(LocalStackError, match="/opt"):
        built.append(with_extensions(engine, built[0]))
