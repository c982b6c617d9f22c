"""The images' Dockerfiles and ignore files as text: one shape for all, and nothing of a folder forgotten."""

import re
from pathlib import Path

import pytest

from local.layout import ROOT
from local.program.image_context import context_files
from local.services.function_containers import image_folders

IMAGES = ROOT / "images"

FIRST = image_folders()[0]


def shape(path: Path, folder: str) -> str:
    """The text without what differs on purpose: names, subfolders, whether it syncs, and what it clears away."""
    text = re.sub(r'(image\.description=)".*"', r"\1...", path.read_text())
    text = re.sub(
        rf"^(COPY (?:changefeed|lambda_kit) .*|!(changefeed|lambda_kit)/.*|!{folder}/\w+/.*| +&& python3 -c .*|\[.*)\n",
        "",
        text,
        flags=re.M,
    )
    return re.sub(rf"\b{folder}\b", "<folder>", text)


@pytest.mark.parametrize("file", ["Dockerfile", "Dockerfile.dockerignore"])
@pytest.mark.parametrize("folder", image_folders())
def test_the_images_are_built_alike(folder: str, file: str) -> None:
    assert shape(IMAGES / folder / file, folder) == shape(IMAGES / FIRST / file, FIRST)


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
