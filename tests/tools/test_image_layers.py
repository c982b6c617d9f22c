"""Own layers of a saved image, from archives made here, and the limit that bench.image_size holds them to."""

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from bench.image_size import LIMIT_MEGABYTES, layer_size, too_large
from tools.image_layers import Layer, LayerEntry, own_layers

LABEL = {"created_by": "LABEL org.opencontainers.image.title=x", "empty_layer": True}
BASE_STEPS: list[dict[str, Any]] = [
    {"created_by": "ADD base"},
    {"created_by": "ENV A=1", "empty_layer": True},
    {"created_by": "RUN more"},
]


def member(name: str, content: bytes, mode: int = 0o644) -> tuple[tarfile.TarInfo, io.BytesIO]:
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(content), mode
    return info, io.BytesIO(content)


def packed(*members: tuple[tarfile.TarInfo, io.BytesIO]) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        for info, content in members:
            archive.addfile(info, content)
    return target.getvalue()


def saved(tmp_path: Path, history: list[dict[str, Any]], layers: list[bytes]) -> Path:
    manifest = [{"Config": "config.json", "Layers": [f"{number}/layer.tar" for number in range(len(layers))]}]
    archive = tmp_path / "image.tar"
    archive.write_bytes(
        packed(
            member("manifest.json", json.dumps(manifest).encode()),
            member("config.json", json.dumps({"history": history}).encode()),
            *(member(f"{number}/layer.tar", layer) for number, layer in enumerate(layers)),
        )
    )
    return archive


def test_only_layers_after_the_label_are_own(tmp_path: Path) -> None:
    history = [*BASE_STEPS, LABEL, {"created_by": "COPY a"}, {"created_by": "CMD x", "empty_layer": True}]
    layers = [
        packed(member("base", b"12345")),
        packed(member("more", b"1")),
        packed(member("./var/a.py", b"123", 0o600)),
    ]
    (own,) = own_layers(saved(tmp_path, history, layers))
    assert (own.instruction, own.size_bytes) == ("COPY a", 3)
    (entry,) = own.entries
    assert (entry.path, entry.mode, entry.content, entry.is_file) == ("var/a.py", 0o600, b"123", True)


def test_an_image_of_somebody_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not an image of this project"):
        own_layers(saved(tmp_path, BASE_STEPS, [packed(), packed()]))


def test_a_history_that_tells_of_more_layers_than_there_are_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="zip"):
        own_layers(saved(tmp_path, [*BASE_STEPS, LABEL, {"created_by": "COPY a"}], [packed(), packed()]))


def layer(**sizes: int) -> Layer:
    entries = tuple(
        LayerEntry(
            path=f"var/task/{name}/x.py", mode=0o644, uid=0, gid=0, is_folder=False, is_file=True, content=b"0" * size
        )
        for name, size in sizes.items()
    )
    return Layer(instruction="COPY /build/site /var/task # buildkit", entries=entries)


def test_a_layer_is_summed_by_package() -> None:
    size = layer_size(1, layer(boto3=2_000_000, six=500_000))
    assert (size.megabytes, size.files, size.instruction) == (2.5, 2, "COPY /build/site /var/task")
    assert list(size.largest.items()) == [("boto3", 2.0), ("six", 0.5)]


@pytest.mark.parametrize(("over_bytes", "refused"), [(0, []), (1, ["sync_x"])])
def test_a_sync_image_above_the_limit_is_named(over_bytes: int, refused: list[str]) -> None:
    limit = int(LIMIT_MEGABYTES * 1e6)
    layers = [layer_size(1, layer(boto3=limit - 10)), layer_size(2, layer(handler=10 + over_bytes))]
    assert too_large({"sync_x": layers, "heavy": [*layers, *layers]}) == refused
