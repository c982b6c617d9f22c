"""What a built image adds to its base: its own layers and their files, read from the archive that the engine saves.

Own is what comes after the label `org.opencontainers.image.title`, with which the last stage of each Dockerfile begins:
a builder need not keep the base itself where it could be compared with.
"""

import json
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from local.errors import LocalStackError
from local.services.container_engine import ContainerEngine

FIRST_OWN_STEP = "LABEL org.opencontainers.image.title"


@dataclass(frozen=True, kw_only=True)
class LayerEntry:
    """A file, folder or link of a layer. `path` is relative to the root; `content` is empty for all but files."""

    path: str
    mode: int
    uid: int
    gid: int
    is_folder: bool
    is_file: bool
    content: bytes


@dataclass(frozen=True, kw_only=True)
class Layer:
    """A layer: the instruction that made it, and what it holds. Sizes are of the files, uncompressed."""

    instruction: str
    entries: tuple[LayerEntry, ...]

    @property
    def size_bytes(self) -> int:
        return sum(len(entry.content) for entry in self.entries)


def layers_of(engine: ContainerEngine, image: str) -> list[Layer]:
    """Reads the own layers of an image that the engine holds. Raises LocalStackError when it can't be saved."""
    with tempfile.TemporaryDirectory() as directory:
        archive = Path(directory) / "image.tar"
        command = [engine.client, "save", "--output", str(archive), image]
        saved = subprocess.run(command, capture_output=True, text=True, check=False)
        if saved.returncode != 0:
            raise LocalStackError(f"{engine.client} can't save {image}: {saved.stderr.strip()}")
        return own_layers(archive)


def own_layers(archive: Path) -> list[Layer]:
    """Reads the layers above the base, lowest first. `archive` is of `docker save` or `podman save` of one image.

    Raises ValueError for an image that none of our Dockerfiles made.
    """
    with tarfile.open(archive) as saved:
        manifest = _json(saved, "manifest.json")[0]
        steps = _json(saved, manifest["Config"])["history"]
        made_by = [step.get("created_by", "") for step in steps]
        ours = [number for number, text in enumerate(made_by) if FIRST_OWN_STEP in text]
        if not ours:
            raise ValueError(f"{archive.name} has no step with {FIRST_OWN_STEP}: it is not an image of this project.")
        instructions = [made_by[number] for number, step in enumerate(steps) if not step.get("empty_layer", False)]
        layers = list(zip(instructions, manifest["Layers"], strict=True))
        below = sum(not step.get("empty_layer", False) for step in steps[: ours[-1]])
        return [
            Layer(instruction=instruction, entries=tuple(_entries(saved, name))) for instruction, name in layers[below:]
        ]


def _entries(saved: tarfile.TarFile, name: str) -> Iterator[LayerEntry]:
    with tarfile.open(fileobj=_member(saved, name)) as layer:
        for member in layer:
            content = layer.extractfile(member) if member.isfile() else None
            yield LayerEntry(
                path=member.name.strip("/").removeprefix("./"),
                mode=member.mode,
                uid=member.uid,
                gid=member.gid,
                is_folder=member.isdir(),
                is_file=member.isfile(),
                content=content.read() if content else b"",
            )


def _json(saved: tarfile.TarFile, name: str) -> Any:
    return json.loads(_member(saved, name).read())


def _member(saved: tarfile.TarFile, name: str) -> IO[bytes]:
    content = saved.extractfile(name)
    if content is None:
        raise ValueError(f"{name} of the saved image is no file.")
    return content
