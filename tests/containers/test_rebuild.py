"""What a change rebuilds, by the real engine on a copy of images/: an image's id is a digest of all that is in it."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local.layout import ROOT
from local.program.image_context import context_files
from local.services.container_engine import ContainerEngine
from local.services.function_containers import image_folders

IMAGES = ROOT / "images"

pytestmark = pytest.mark.containers

FOLDERS = image_folders()
Build = Callable[[], dict[str, str]]


@pytest.fixture
def context(tmp_path: Path) -> Path:
    """Copies the whole context, as git would give it, into a separate project."""
    shutil.copytree(IMAGES, tmp_path / "images", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "images"


@pytest.fixture
def build(engine: ContainerEngine, images: dict[str, str], context: Path) -> Iterator[Build]:
    """Builds every image of the copy: folder to id. What was built here only is removed again."""
    made: set[str] = set()

    def build_all() -> dict[str, str]:
        ids = {folder: engine.build(folder, context=context) for folder in FOLDERS}
        made.update(ids.values())
        return ids

    yield build_all
    engine.remove(*(made - set(images.values())))


def changed(before: dict[str, str], after: dict[str, str]) -> set[str]:
    return {folder for folder, image in after.items() if image != before[folder]}


def append(file: Path, text: str) -> None:
    with file.open("a") as target:
        target.write(text)


def test_a_second_build_takes_no_new_id(build: Build) -> None:
    first = build()
    assert build() == first
    assert len(set(first.values())) == len(FOLDERS)


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_changed_handler_rebuilds_its_image_and_going_back_brings_the_old_one(
    build: Build, context: Path, folder: str
) -> None:
    handler = context / folder / "handler.py"
    before, text = build(), handler.read_text()
    append(handler, "CHANGED = 1\n")
    assert changed(before, build()) == {folder}
    handler.write_text(text)
    assert build() == before


def test_a_changed_handler_pushes_one_layer(engine: ContainerEngine, build: Build, context: Path) -> None:
    folder = FOLDERS[0]
    before = engine.inspect(build()[folder])["RootFS"]["Layers"]
    append(context / folder / "handler.py", "CHANGED = 2\n")
    after = engine.inspect(build()[folder])["RootFS"]["Layers"]
    assert after[:-1] == before[:-1]
    assert after[-1] != before[-1]


def test_a_changed_changefeed_rebuilds_the_images_that_use_it(build: Build, context: Path) -> None:
    using = {
        folder
        for folder in FOLDERS
        if Path("changefeed/pipeline.py") in context_files(context, context / folder / "Dockerfile")
    }
    before = build()
    append(context / "changefeed" / "pipeline.py", "CHANGED = 1\n")
    assert changed(before, build()) == using
    assert using


def test_modes_and_times_of_files_change_nothing(build: Build, context: Path) -> None:
    before = build()
    for number, path in enumerate(sorted(context.rglob("*"))):
        path.chmod((0o700 if path.is_dir() else 0o600) if number % 2 else 0o777)
        os.utime(path, (1_000_000_000 + number, 1_000_000_000 + number))
    assert build() == before


def test_files_that_no_handler_imports_change_nothing(build: Build, context: Path) -> None:
    before = build()
    for folder in (*FOLDERS, "changefeed", "lambda_kit"):
        cache = context / folder / "__pycache__"
        cache.mkdir()
        (cache / "handler.cpython-313.pyc").write_bytes(b"not code")
        for name in ("README.md", ".env", "handler.py.orig", ".DS_Store", "requirements.txt.bak"):
            (context / folder / name).write_text("left lying about\n")
    for folder in FOLDERS:
        append(context / folder / "requirements.in", "# another why\n")
        append(context / folder / "Dockerfile.dockerignore", "# another why\n")
    (context / "new_consumer").mkdir()
    (context / "new_consumer" / "handler.py").write_text("x = 1\n")
    append(context / "left_out.txt", "# another why\n")
    (context.parent / "infra").mkdir()
    (context.parent / "infra" / "added.py").write_text("x = 1\n")
    assert build() == before


def test_the_copy_has_the_ids_of_the_working_tree(engine: ContainerEngine, build: Build) -> None:
    assert build() == {folder: engine.build(folder, context=ROOT / "images") for folder in FOLDERS}
