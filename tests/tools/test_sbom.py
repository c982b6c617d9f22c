"""The bills of materials: CycloneDX's own schema, and that they say what the images install."""

import json
from typing import Any

import pytest
from cyclonedx.validation.json import JsonStrictValidator

from local.layout import ROOT
from local.services.function_containers import image_folders
from tools.pinned_requirements import read_pins
from tools.sbom import SCHEMA, as_json, bill_of_materials, default_base_image

IMAGES = ROOT / "images"

IMAGE_ID = "sha256:" + "5" * 64
BASE = "registry.invalid:5000/lambda/python:3.13@sha256:" + "b" * 64


def bill(folder: str, *, base_image: str = BASE, image_id: str | None = IMAGE_ID) -> dict[str, Any]:
    written: dict[str, Any] = json.loads(
        as_json(bill_of_materials(IMAGES / folder, base_image=base_image, image_id=image_id))
    )
    return written


@pytest.mark.parametrize("folder", image_folders())
def test_cyclonedx_takes_the_bill(folder: str) -> None:
    text = json.dumps(bill(folder))
    assert JsonStrictValidator(SCHEMA).validate_str(text) is None
    assert JsonStrictValidator(SCHEMA).validate_str(text.replace('"library"', '"shelf"')) is not None


@pytest.mark.parametrize("folder", image_folders())
def test_the_bill_lists_every_pin_with_a_licence_and_nothing_else(folder: str) -> None:
    packages = [component for component in bill(folder)["components"] if component["type"] == "library"]
    pins = read_pins(IMAGES / folder / "requirements.txt")
    assert {each["purl"] for each in packages} == {f"pkg:pypi/{pin.name}@{pin.version}" for pin in pins.values()}
    assert [each["name"] for each in packages if not each.get("licenses")] == []


def test_the_bill_says_what_needs_what() -> None:
    needs = {each["ref"].split("@")[0]: each.get("dependsOn", []) for each in bill("table_api")["dependencies"]}
    names = {name: {ref.split("@")[0] for ref in refs} for name, refs in needs.items()}
    direct = {"boto3", "opensearch-py", "orjson", "requests", "requests-aws4auth"}
    assert names["table_api"] == {"base", *(f"pkg:pypi/{name}" for name in direct)}
    assert "pkg:pypi/botocore" in names["pkg:pypi/boto3"]
    assert names["pkg:pypi/six"] == set()


def test_the_bill_names_the_image_and_its_base() -> None:
    written = bill("replicate")
    image = written["metadata"]["component"]
    assert (image["type"], image["name"]) == ("container", "replicate")
    assert image["properties"] == [{"name": "driftless:image_id", "value": IMAGE_ID}]
    base = next(each for each in written["components"] if each["bom-ref"] == "base")
    assert (base["name"], base["version"]) == ("registry.invalid:5000/lambda/python", "sha256:" + "b" * 64)


@pytest.mark.parametrize(
    ("base_image", "name", "version"),
    [
        ("python:3.13", "python", "3.13"),
        ("registry.invalid:5000/python", "registry.invalid:5000/python", None),
        ("registry.invalid/python@sha256:" + "c" * 64, "registry.invalid/python", "sha256:" + "c" * 64),
    ],
)
def test_a_base_is_named_without_its_tag(base_image: str, name: str, version: str | None) -> None:
    written = bill("replicate", base_image=base_image, image_id=None)
    base = next(each for each in written["components"] if each["bom-ref"] == "base")
    assert (base["name"], base.get("version")) == (name, version)
    assert "properties" not in written["metadata"]["component"]


@pytest.mark.parametrize("folder", image_folders())
def test_the_default_base_is_the_dockerfiles(folder: str) -> None:
    assert default_base_image(IMAGES / folder).split(":")[0].endswith("/lambda/python")
