"""What a change rebuilds, computed from the ignore files; and Docker's rules for them."""

import re
import shutil
from pathlib import Path

import pytest

from local.program.image_context import context_digest, context_files

ROOT = Path(__file__).resolve().parents[2]
IMAGES = sorted(path.parent.name for path in (ROOT / "images").glob("*/Dockerfile"))
SYNC = {"replicate", "sync_dynamodb_stream", "sync_kinesis_stream"}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of everything that could be in a context, or beside it."""
    for folder in ("images", "infra", "local", "tests", "docs"):
        if (ROOT / folder).exists():
            shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def digests(project: Path) -> dict[str, str]:
    context = project / "images"
    return {image: context_digest(context, context / image / "Dockerfile") for image in IMAGES}


def rebuilt(project: Path, before: dict[str, str]) -> set[str]:
    return {image for image, digest in digests(project).items() if digest != before[image]}


def test_there_is_an_image_for_each_function() -> None:
    assert set(IMAGES) == {"replicate", "scilearn", "sync_dynamodb_stream", "sync_kinesis_stream", "table_api"}


@pytest.mark.parametrize("image", IMAGES)
def test_a_changed_handler_rebuilds_its_own_image_only(project: Path, image: str) -> None:
    before = digests(project)
    with (project / "images" / image / "handler.py").open("a") as handler:
        handler.write("# changed\n")
    assert rebuilt(project, before) == {image}


def test_a_change_of_the_sync_rebuilds_the_images_that_sync(project: Path) -> None:
    for module in (project / "images" / "changefeed").rglob("*.py"):
        before = digests(project)
        module.write_text(module.read_text() + "# changed\n")
        assert rebuilt(project, before) == SYNC, module


def test_a_change_of_the_ground_rebuilds_every_image(project: Path) -> None:
    for module in (project / "images" / "lambda_kit").rglob("*.py"):
        before = digests(project)
        module.write_text(module.read_text() + "# changed\n")
        assert rebuilt(project, before) == set(IMAGES), module


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_holds_what_it_imports_and_no_other_folder(image: str) -> None:
    context = ROOT / "images"
    files = context_files(context, context / image / "Dockerfile")
    text = "\n".join((context / path).read_text() for path in files if path.suffix == ".py")
    folders = {path.name for path in context.iterdir() if path.is_dir()}
    imported = set(re.findall(r"^ *(?:from|import) (\w+)", text, re.MULTILINE)) & folders
    assert imported | {image} == {path.parts[0] for path in files}


@pytest.mark.parametrize("folder", ["infra", "local", "tests", "docs", "ops", "images/new_consumer"])
def test_a_file_elsewhere_rebuilds_nothing(project: Path, folder: str) -> None:
    before = digests(project)
    (project / folder).mkdir(parents=True, exist_ok=True)
    (project / folder / "added.py").write_text("x = 1\n")
    assert rebuilt(project, before) == set()


def test_bytecode_and_file_modes_rebuild_nothing(project: Path) -> None:
    before = digests(project)
    cache = project / "images" / "changefeed" / "__pycache__"
    cache.mkdir()
    (cache / "pipeline.cpython-311.pyc").write_bytes(b"x")
    (project / "images" / "changefeed" / "pipeline.py").chmod(0o600)
    assert rebuilt(project, before) == set()


def test_a_renamed_file_changes_the_digest(project: Path) -> None:
    before = digests(project)
    handler = project / "images" / "table_api" / "handler.py"
    handler.rename(handler.with_name("entry.py"))
    assert rebuilt(project, before) == {"table_api"}


@pytest.mark.parametrize(
    ("rules", "kept"),
    [
        ("*\n!a", {"a/x.py", "a/b/y.pyc"}),
        ("*\n!a\n**/*.pyc", {"a/x.py"}),
        ("**/b", {"a/x.py", "c.txt"}),
        ("*.txt", {"a/x.py", "a/b/y.pyc"}),
        ("# nothing\n\n", {"a/x.py", "a/b/y.pyc", "c.txt"}),
        ("a/?.py", {"a/b/y.pyc", "c.txt"}),
    ],
)
def test_ignore_rules_are_dockers(tmp_path: Path, rules: str, kept: set[str]) -> None:
    context = tmp_path / "context"
    for name in ("a/x.py", "a/b/y.pyc", "c.txt"):
        (context / name).parent.mkdir(parents=True, exist_ok=True)
        (context / name).write_text("")
    dockerfile = tmp_path / "Dockerfile"
    dockerfile.write_text("FROM scratch\n")
    dockerfile.with_name("Dockerfile.dockerignore").write_text(rules)
    assert {path.as_posix() for path in context_files(context, dockerfile)} == kept
