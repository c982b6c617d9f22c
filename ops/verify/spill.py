"""Keeps both sides' (id, digest) in files, cut by a hash of the id: memory is bounded for a table of any size.

Why partitions and not an external merge: the order isn't needed. A scan comes in the order of a hidden hash, so a
merge would have to sort a whole side in a logarithmic number of passes; a partition is written once, read once, and
compared alone. One that grew too large is cut again by further bits of the hash.

A checkpoint is the files' lengths with the walks' cursors: to resume, the files are cut to these lengths, so no entry
is half or lost. An entry may come twice then; as every difference is looked at again, that does no harm.
"""

import json
import struct
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from ops.errors import UsageError
from ops.verify.canonical import DIGEST_BYTES
from ops.verify.walk import Entry, batches

FIRST_BITS, FURTHER_BITS, HASH_BITS = 6, 3, 32
"""64 partitions at first; one that is too large is cut into 8, and each of those again, while the hash has bits."""
READ_ENTRIES = 1_000
LARGEST_PARTITION_BYTES = 8 * 1024 * 1024
SIDES = ("table", "index")
_HEAD = struct.Struct(f"<HH{DIGEST_BYTES}s")


class Candidate(NamedTuple):
    """An id whose two sides differed when they were walked. `key` as in Entry."""

    document_id: str
    key: str


class Spill:
    """The partition files of one comparison, in a directory that holds nothing else."""

    def __init__(
        self,
        directory: Path,
        *,
        used_bits: int = 0,
        largest_bytes: int = LARGEST_PARTITION_BYTES,
        notes: Callable[[], Mapping[str, Any]] = dict,
    ) -> None:
        """`notes` gives what else a checkpoint keeps; `noted` is that of the checkpoint which `open` goes on from."""
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self._used_bits = used_bits
        self._partitions = 1 << (FURTHER_BITS if used_bits else FIRST_BITS)
        self._largest_bytes = largest_bytes
        self._lock = threading.Lock()
        self._state_file = directory / "state.json"
        self._files: dict[str, list[BinaryIO]] = {}
        self._notes = notes
        self.noted: dict[str, Any] = {}
        self.cursors: dict[str, Any] = {}
        self.counts = dict.fromkeys(SIDES, 0)

    def open(self, facts: Mapping[str, Any]) -> bool:
        """Starts, or goes on from a checkpoint that was taken with the same facts. Returns True when it goes on."""
        try:
            state = json.loads(self._state_file.read_text())
        except (OSError, ValueError):
            state = {}
        again = bool(state)
        if again and state["facts"] != dict(facts):
            raise UsageError(
                f"{self._directory} holds another walk, {state['facts']}, and this one is {dict(facts)}: take another "
                "directory. A table or index that was made anew is another one."
            )
        self._facts = dict(facts)
        for side in SIDES:
            paths = [self._path(side, number) for number in range(self._partitions)]
            self._files[side] = [path.open("r+b" if again else "w+b") for path in paths]
            for file, size in zip(self._files[side], state["sizes"][side] if again else (), strict=False):
                file.truncate(size)
                file.seek(size)
        if again:
            self.cursors, self.counts, self.noted = state["cursors"], state["counts"], state["notes"]
        return again

    def add(self, side: str, entries: Iterable[Entry], *, walk: str = "", cursor: Any = None) -> None:
        """Keeps a page's entries, together with where its walk goes on."""
        mask = self._partitions - 1
        packed: dict[int, list[bytes]] = {}
        count = 0
        for identifier, digest, key in entries:
            name, extra = identifier.encode(), key.encode()
            number = (zlib.crc32(name) >> self._used_bits) & mask
            packed.setdefault(number, []).append(_HEAD.pack(len(name), len(extra), digest) + name + extra)
            count += 1
        with self._lock:
            for number, parts in packed.items():
                self._files[side][number].write(b"".join(parts))
            self.counts[side] += count
            if walk:
                self.cursors[walk] = cursor

    def checkpoint(self) -> None:
        """Writes down how far everything is."""
        with self._lock:
            sizes = {}
            for side, files in self._files.items():
                for file in files:
                    file.flush()
                sizes[side] = [file.tell() for file in files]
            state = {"facts": self._facts, "sizes": sizes, "cursors": self.cursors, "counts": self.counts}
            state["notes"] = dict(self._notes())
            part = self._state_file.with_suffix(".part")
            part.write_text(json.dumps(state))
            part.replace(self._state_file)

    def close(self) -> None:
        """Closes the files; they stay."""
        for file in (file for files in self._files.values() for file in files):
            file.close()
        self._files = {}

    def compare(self) -> Iterator[Candidate]:
        """Yields every id that isn't on both sides with one digest. Holds one partition of the table in memory."""
        self.close()
        for number in range(self._partitions):
            yield from self._compare_partition(number)

    def _compare_partition(self, number: int) -> Iterator[Candidate]:
        table, index = (self._path(side, number) for side in SIDES)
        bits = self._used_bits + (FURTHER_BITS if self._used_bits else FIRST_BITS)
        if table.stat().st_size > self._largest_bytes and bits + FURTHER_BITS <= HASH_BITS:
            yield from self._cut_again(number, bits)
            return
        items = {name: (digest, key) for name, digest, key in _read(table)}
        for name, digest, _ in _read(index):
            found = items.pop(name, None)
            if found is None or found[0] != digest:
                yield Candidate(name.decode(), found[1].decode() if found else "")
        for name, (_, key) in items.items():
            yield Candidate(name.decode(), key.decode())

    def _cut_again(self, number: int, bits: int) -> Iterator[Candidate]:
        inner = Spill(self._directory / f"{number:02}", used_bits=bits, largest_bytes=self._largest_bytes)
        inner.open({})
        for side in SIDES:
            for entries in batches(_read(self._path(side, number)), READ_ENTRIES):
                inner.add(side, [Entry(name.decode(), digest, key.decode()) for name, digest, key in entries])
        yield from inner.compare()
        inner.remove()

    def remove(self) -> None:
        """Deletes the files."""
        self.close()
        for path in self._directory.iterdir():
            if path.is_file():
                path.unlink()
        self._directory.rmdir()

    def _path(self, side: str, number: int) -> Path:
        return self._directory / f"{side}-{number:02}.bin"


def _read(path: Path) -> Iterator[tuple[bytes, bytes, bytes]]:
    with path.open("rb") as file:
        while head := file.read(_HEAD.size):
            name_length, key_length, digest = _HEAD.unpack(head)
            yield file.read(name_length), digest, file.read(key_length)
