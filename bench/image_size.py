"""Measures how large the images' layers above the base are, and what takes the room: `python -m bench.image_size`.

The sync images may have `LIMIT_MEGABYTES`. A megabyte is 1,000,000 bytes of uncompressed files, as engines show sizes.
"""

import argparse
import sys
from collections import Counter
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from local.errors import LocalStackError
from local.services.container_engine import find_engine
from local.services.function_containers import image_folders
from tools.image_layers import Layer, layers_of

LIMIT_MEGABYTES = 60.0
LIMITED = "sync_"
LARGEST_SHOWN = 6


@dataclass(frozen=True, kw_only=True)
class LayerSize:
    """A layer as the table shows it: `largest` are the packages that take the most room, in MB."""

    number: int
    instruction: str
    megabytes: float
    files: int
    largest: dict[str, float]


def layer_size(number: int, layer: Layer) -> LayerSize:
    """Sums a layer's files by the folder or file below the task root, /var/task."""
    sizes: Counter[str] = Counter()
    for entry in layer.entries:
        sizes[_package(entry.path)] += len(entry.content)
    return LayerSize(
        number=number,
        instruction=layer.instruction.split(" # ")[0],
        megabytes=layer.size_bytes / 1e6,
        files=sum(entry.is_file for entry in layer.entries),
        largest={name: size / 1e6 for name, size in sizes.most_common(LARGEST_SHOWN) if size},
    )


def too_large(sizes: dict[str, list[LayerSize]]) -> list[str]:
    """Lists the folders of sync images above the limit."""
    return [
        folder
        for folder, layers in sizes.items()
        if folder.startswith(LIMITED) and sum(layer.megabytes for layer in layers) > LIMIT_MEGABYTES
    ]


def _package(path: str) -> str:
    parts = path.split("/")
    return "/".join(parts[2:3] if parts[:2] == ["var", "task"] else parts[:2])


def _table(sizes: dict[str, list[LayerSize]]) -> Table:
    table = Table(title="Own layers, above the base image")
    for column in ("Image", "Layer", "What", "Files", "MB"):
        table.add_column(column, justify="right" if column in {"Files", "MB"} else "left")
    for folder, layers in sizes.items():
        for layer in layers:
            largest = ", ".join(f"{name} {megabytes:.1f}" for name, megabytes in layer.largest.items())
            what = f"{layer.instruction}\n{largest}" if largest else layer.instruction
            table.add_row(folder, str(layer.number), what, str(layer.files), f"{layer.megabytes:.1f}")
        total = sum(layer.megabytes for layer in layers)
        limit = f"all, at most {LIMIT_MEGABYTES:.0f}" if folder.startswith(LIMITED) else "all"
        table.add_row(folder, "", limit, "", f"{total:.1f}", style="bold", end_section=True)
    return table


def main() -> int:
    """Runs it. Returns 1 when there is no engine, a build fails, or a sync image is too large."""
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], epilog="Example: python -m bench.image_size --json sync_kinesis_stream"
    )
    parser.add_argument("folders", nargs="*", default=image_folders(), help="default: every image")
    parser.add_argument("--json", action="store_true", help="JSON on stdout instead of the table")
    options = parser.parse_args()
    try:
        engine = find_engine()
        sizes = {
            folder: [layer_size(*each) for each in enumerate(layers_of(engine, engine.build(folder)), start=1)]
            for folder in options.folders
        }
    except LocalStackError as error:
        Console(stderr=True).print(str(error), markup=False)
        return 1
    if options.json:
        Console().print_json(data={folder: [vars(layer) for layer in layers] for folder, layers in sizes.items()})
    else:
        Console().print(_table(sizes))
    return 1 if too_large(sizes) else 0


if __name__ == "__main__":
    sys.exit(main())
