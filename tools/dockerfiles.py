"""Renders images/<folder>/Dockerfile and its ignore file from images/Dockerfile.template and the folder's image.toml.

image.toml holds what differs: `description`, `shared` (the folders that the image has beside its own), and `clean_up`,
an extra step after the installation where the libraries bring too much. The rendered files are committed, because
Docker and Pulumi read them. Renovate's manager `dockerfile` takes every `Dockerfile*`, so it raises the digest of the
base image in the template and in the rendered files together.
"""

import argparse
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

from local.layout import ROOT

IMAGES = ROOT / "images"


def render(folder: Path) -> Mapping[Path, str]:
    """Gives the text of each file to write in an image's folder."""
    facts = tomllib.loads((folder / "image.toml").read_text())
    text = (folder.parent / "Dockerfile.template").read_text()
    for name, value in {
        "folder": folder.name,
        "description": facts["description"],
        "clean_up": f"    && {facts['clean_up']} \\\n" if "clean_up" in facts else "",
        "shared": "".join(f"COPY {name} /build/site/{name}\n" for name in facts["shared"]),
    }.items():
        text = text.replace(f"{{{{ {name} }}}}", value)
    return {folder / "Dockerfile": text, folder / "Dockerfile.dockerignore": _ignore_file(folder, facts["shared"])}


def _ignore_file(folder: Path, shared: list[str]) -> str:
    lines = [
        "# Nothing but this image's files is in its context, so nothing else can rebuild it. By `make dockerfiles`.",
        "*",
        *(f"!{place}/*.py" for name in shared for place in _python_folders(folder.parent / name)),
        f"!{folder.name}/*.py",
        f"!{folder.name}/*.json",
        *(f"!{place}/*.py" for place in _python_folders(folder) if place != folder.name),
        f"!{folder.name}/requirements.txt",
    ]
    return "\n".join(lines) + "\n"


def _python_folders(top: Path) -> list[str]:
    return sorted({path.parent.relative_to(top.parent).as_posix() for path in top.rglob("*.py")})


def main() -> int:
    """Runs the command line; gives 0."""
    argparse.ArgumentParser(description=__doc__, epilog="Example: python -m tools.dockerfiles").parse_args()
    for facts in sorted(IMAGES.glob("*/image.toml")):
        for path, text in render(facts.parent).items():
            path.write_text(text)
            print(path.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
