"""The images' Dockerfiles and ignore files as text: rendered from one template, and nothing of a folder forgotten."""

import re
from pathlib import Path

import pytest

from local.layout import ROOT
from local.program.image_context import context_files
from local.services.function_containers import image_folders
from tools.dockerfiles import render

IMAGES = ROOT / "images"


@pytest.mark.parametrize("folder", sorted(facts.parent.name for facts in IMAGES.glob("*/image.toml")))
def test_the_rendered_files_are_fresh(folder: str) -> None:
    for path, text in render(IMAGES / folder).items():
        assert path.read_text() == text, "run `make dockerfiles`"
        assert "{{" not in text


def test_every_dockerfile_is_rendered() -> None:
    assert image_folders() == sorted(facts.parent.name for facts in IMAGES.glob("*/image.toml"))


@pytest.mark.parametrize("folder", image_folders())
def test_an_image_says_what_it_is(folder: str) -> None:
    said = re.search(r'image\.description="(.*)"', (IMAGES / folder / "Dockerfile").read_text())
    assert said
    assert len(said[1].split()) > 5


@pytest.mark.parametrize("folder", image_folders())
def test_no_file_of_a_handler_is_missing_in_its_context(folder: str) -> None:
    def files(name: str) -> set[Path]:
        return {
            path.relative_to(IMAGES)
            for path in (IMAGES / name).rglob("*")
            if path.is_file() and path.suffix in {".py", ".json"} and "__pycache__" not in path.parts
        }

    there = set(context_files(IMAGES, IMAGES / folder / "Dockerfile"))
    used = {name for name in ("lambda_kit", "changefeed") if any(path.parts[0] == name for path in there)}
    shared = {path for name in used for path in files(name)}
    assert there == files(folder) | shared | {Path(folder) / "requirements.txt"}


@pytest.mark.parametrize("folder", image_folders())
def test_no_build_depends_on_a_time_a_commit_or_a_registry_for_its_syntax(folder: str) -> None:
    text = (IMAGES / folder / "Dockerfile").read_text()
    assert not re.search(r"# *syntax=|\.created|\.revision|\bdate\b|git ", text)
