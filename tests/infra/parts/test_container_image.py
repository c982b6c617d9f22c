"""What configuration changes about images; what must hold for all of them is in image_rules.py."""

from __future__ import annotations

import pytest

from tests.infra import resource_types as types
from tests.infra.conftest import Deploy, as_config
from tests.infra.deployment import ROOT, Deployment, run, whole_program
from tests.infra.parts.variants import DIGEST
from tests.infra.variants import VARIANTS

IMAGES = len(list((ROOT / "images").glob("*/Dockerfile")))


def _builds(graph: Deployment) -> list[dict[str, object]]:
    return [entry.inputs for entry in sorted(graph.all(types.IMAGE), key=lambda entry: entry.name)]


def test_each_folder_with_a_function_is_built_from_its_own_dockerfile(deploy: Deploy) -> None:
    graph = deploy()

    files = {entry.name: entry.inputs["dockerfile"] for entry in graph.all(types.IMAGE)}
    assert files == {
        f"{folder.replace('_', '-')}-image-build": {"location": f"./images/{folder}/Dockerfile"}
        for folder in graph.exports["images"]
    }


@pytest.mark.parametrize(("architecture", "platform"), [("arm64", "linux/arm64"), ("x86_64", "linux/amd64")])
def test_platform_and_architecture_follow_one_setting(deploy: Deploy, architecture: str, platform: str) -> None:
    graph = deploy({"architecture": architecture})

    assert {entry.inputs["architectures"][0] for entry in graph.all(types.FUNCTION)} == {architecture}
    assert [build["platforms"] for build in _builds(graph)] == [[platform]] * IMAGES


def test_arm64_is_what_is_built_when_nothing_is_configured(deploy: Deploy) -> None:
    assert _builds(deploy()) == _builds(deploy({"architecture": "arm64"}))


def test_dockerfiles_keep_their_own_defaults_when_nothing_is_configured(deploy: Deploy) -> None:
    assert ["buildArgs" in build for build in _builds(deploy())] == [False] * IMAGES


def test_base_and_extensions_are_build_arguments_of_every_image(deploy: Deploy) -> None:
    builds = _builds(deploy(VARIANTS["images on another base"]))

    wanted = {"BASE_IMAGE": f"base@{DIGEST}", "EXTENSIONS_IMAGE": "extensions:1"}
    assert [build["buildArgs"] for build in builds] == [wanted] * IMAGES


def test_one_of_the_two_is_given_without_the_other(deploy: Deploy) -> None:
    builds = _builds(deploy({"images": {"extensions_image": "extensions:1"}}))

    assert [build["buildArgs"] for build in builds] == [{"EXTENSIONS_IMAGE": "extensions:1"}] * IMAGES


def test_two_runs_ask_for_the_same_builds() -> None:
    first, second = (run(whole_program, preview=False, config=as_config({})) for _ in range(2))

    assert _builds(first)
    assert _builds(first) == _builds(second)


def test_a_digest_replaces_one_build_and_leaves_the_others_and_its_own_repository(deploy: Deploy) -> None:
    graph = deploy({"consumers": {"sync_kinesis_stream": {"image_digest": DIGEST}}})

    built = {entry.name for entry in graph.all(types.IMAGE)}
    assert built == {entry.name for entry in deploy().all(types.IMAGE)} - {"sync-kinesis-stream-image-build"}
    assert len(graph.all(types.REPOSITORY)) == len(graph.all(types.LIFECYCLE)) == IMAGES
    repository = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/sync-kinesis-stream"
    pinned = [entry.name for entry in graph.all(types.FUNCTION) if entry.inputs["imageUri"] == f"{repository}@{DIGEST}"]
    assert sorted(pinned) == ["sync-kinesis-stream", "sync-kinesis-stream-index"]


def test_repositories_say_nothing_of_scanning_unless_it_is_asked_for(deploy: Deploy) -> None:
    quiet, asked = deploy(), deploy(VARIANTS["images on another base"])

    assert ["imageScanningConfiguration" in entry.inputs for entry in quiet.all(types.REPOSITORY)] == [False] * IMAGES
    said = [entry.inputs["imageScanningConfiguration"] for entry in asked.all(types.REPOSITORY)]
    assert said == [{"scanOnPush": True}] * IMAGES


@pytest.mark.parametrize("protect", [True, False])
def test_a_repository_with_images_goes_only_where_nothing_is_protected(deploy: Deploy, protect: bool) -> None:
    graph = deploy({"protect": protect})

    assert [entry.inputs["forceDelete"] for entry in graph.all(types.REPOSITORY)] == [not protect] * IMAGES
