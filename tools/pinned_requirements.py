"""Reads a requirements.txt that uv made: pins, hashes, and which package asked for which."""

import re
from dataclasses import dataclass
from pathlib import Path

_PIN = re.compile(r"(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^ ;\\]+)(?: ;(?P<marker>[^\\]*))?")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})(?![0-9a-f])")


@dataclass(frozen=True, kw_only=True)
class Pin:
    """One package. `asked_by` are names of other pins; `direct` means that requirements.in names it."""

    name: str
    version: str
    marker: str
    sha256: tuple[str, ...]
    asked_by: tuple[str, ...]
    direct: bool


def read_pins(requirements: Path) -> dict[str, Pin]:
    """Reads the pins by their packages' names, normalised as in PEP 503.

    Raises ValueError for a line it can't read, and for a package that is listed twice.
    """
    blocks: list[list[str]] = []
    for line in requirements.read_text().splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        if line[0] != " ":
            blocks.append([])
        blocks[-1].append(line)
    pins = [_pin(block) for block in blocks]
    by_name = {pin.name: pin for pin in pins}
    if len(by_name) != len(pins):
        raise ValueError(f"{requirements} pins a package to two versions; one must do for every Python.")
    return by_name


def normalised(name: str) -> str:
    """Gives the one spelling of a package's name. Source: PEP 503, "Normalized Names"."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _pin(block: list[str]) -> Pin:
    head = _PIN.match(block[0])
    if head is None:
        raise ValueError(f"No pinned package: {block[0]!r}. Only `name==version` is expected here.")
    notes = [line.strip().removeprefix("#").strip().removeprefix("via").strip() for line in block if "#" in line]
    return Pin(
        name=normalised(head["name"]),
        version=head["version"],
        marker=(head["marker"] or "").strip(),
        sha256=tuple(_HASH.findall("\n".join(block))),
        asked_by=tuple(normalised(note) for note in notes if note and not note.startswith("-")),
        direct="-r requirements.in" in notes,
    )
