"""Writes what is in an image as a CycloneDX bill of materials: build/sbom/<folder>.json.

It lists the Python packages of requirements.txt, which are all that the image installs (a container test compares), and
names the base image. What is in the base is for the base's own bill or a scanner of images.
"""

import argparse
import re
import sys
from importlib import metadata
from pathlib import Path

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import License
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from packageurl import PackageURL

from local.errors import LocalStackError
from local.layout import ROOT
from local.services.container_engine import find_engine
from local.services.function_containers import image_folders
from tools.pinned_requirements import Pin, read_pins

IMAGES = ROOT / "images"

SCHEMA = SchemaVersion.V1_6
BASE_LABEL = "org.opencontainers.image.base.name"


def bill_of_materials(folder: Path, *, base_image: str, image_id: str | None = None) -> Bom:
    """Makes the bill of the image of `folder`. `image_id` is the engine's; a registry gives another digest."""
    image = Component(
        type=ComponentType.CONTAINER,
        name=folder.name,
        bom_ref=folder.name,
        licenses=[LicenseFactory().make_from_string("Apache-2.0")],
        properties=[Property(name="driftless:image_id", value=image_id)] if image_id else [],
    )
    base = _base(base_image)
    pins = read_pins(folder / "requirements.txt")
    packages = {name: _package(pin) for name, pin in pins.items()}

    bom = Bom(components=[base, *packages.values()])
    bom.metadata.component = image
    bom.register_dependency(image, [base, *(packages[name] for name, pin in pins.items() if pin.direct)])
    for name, package in packages.items():
        bom.register_dependency(package, [packages[other] for other, pin in pins.items() if name in pin.asked_by])
    return bom


def default_base_image(folder: Path) -> str:
    """Gives the BASE_IMAGE that a build of this folder's Dockerfile takes when none is given."""
    match = re.search(r"^ARG BASE_IMAGE=(\S+)$", (folder / "Dockerfile").read_text(), re.MULTILINE)
    if match is None:
        raise ValueError(f"{folder.name}/Dockerfile has no line ARG BASE_IMAGE=...")
    return match[1]


def as_json(bom: Bom) -> str:
    """Writes CycloneDX JSON of the version `SCHEMA`."""
    return make_outputter(bom, OutputFormat.JSON, SCHEMA).output_as_string(indent=2)


def _package(pin: Pin) -> Component:
    purl = PackageURL("pypi", name=pin.name, version=pin.version)
    return Component(
        type=ComponentType.LIBRARY,
        name=pin.name,
        version=pin.version,
        purl=purl,
        bom_ref=purl.to_string(),
        licenses=_licenses(pin),
    )


def _base(name: str) -> Component:
    tagged, _, digest = name.partition("@")
    repository, _, tag = tagged.rpartition(":") if ":" in tagged.rsplit("/", 1)[-1] else (tagged, "", "")
    return Component(
        type=ComponentType.CONTAINER,
        name=repository,
        version=digest or tag or None,
        bom_ref="base",
        description="The base image. What it holds is not in this list.",
    )


def _licenses(pin: Pin) -> list[License]:
    """As the same version says where this runs: the development environment holds every package of every image."""
    try:
        found = metadata.metadata(pin.name)
    except metadata.PackageNotFoundError:
        return []
    if found["Version"] != pin.version:
        return []
    classified = [name.split(" :: ")[-1] for name in found.get_all("Classifier") or [] if name.startswith("License ::")]
    text = found.json.get("license_expression") or found.json.get("license") or " or ".join(classified)
    return [LicenseFactory().make_from_string(str(text))] if text else []


def main() -> int:
    """Runs the command line; gives 1 when an image can't be built."""
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], epilog="Example: python -m tools.sbom --build table_api"
    )
    parser.add_argument("folders", nargs="*", default=image_folders(), help="default: every image")
    parser.add_argument("--build", action="store_true", help="build the images and name their ids and true base")
    options = parser.parse_args()
    target = ROOT / "build" / "sbom"
    target.mkdir(parents=True, exist_ok=True)
    for folder in options.folders:
        base_image, image_id = default_base_image(IMAGES / folder), None
        if options.build:
            try:
                engine = find_engine()
                image_id = engine.build(folder)
            except LocalStackError as error:
                print(error, file=sys.stderr)
                return 1
            base_image = engine.inspect(image_id)["Config"]["Labels"][BASE_LABEL]
        bom = bill_of_materials(IMAGES / folder, base_image=base_image, image_id=image_id)
        (target / f"{folder}.json").write_text(as_json(bom) + "\n")
        print(f"build/sbom/{folder}.json: {len(bom.components)} components")
    return 0


if __name__ == "__main__":
    sys.exit(main())
