"""Checks differences again until each is known to be real or just lag: what a walk saw may have been on its way.

A look reads the document first, in real time, then the item, consistently: an index never runs ahead of its table, so
a document that differs then is older than the item. If it is still the same document after the settling time, nothing
has arrived in that time: it is a real difference. If it moved and differs again, its item is being changed: it is
looked at again, and finally counted as in motion, which is neither proof nor difference.
"""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol, TextIO

from changefeed.decode.change_record import AttributeMap
from changefeed.errors import RecordError
from changefeed.write.item_reader import ItemReader
from changefeed.write.patient_reader import PatientReader
from ops.verify.canonical import item_digest
from ops.verify.index_walk import Index
from ops.verify.item_key import decode_key, encode_key, key_of_document
from ops.verify.spill import Candidate
from ops.verify.table_walk import Table
from ops.verify.walk import batches

BATCH = 100
MOST_LOOKS = 5


class Kind(StrEnum):
    """How table and index differ in one id."""

    MISSING = "missing"
    STALE = "stale"
    ORPHANED = "orphaned"


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """One id at one time. Digests as hex, None for what is absent; `key` as JSON text, "" when no item can have it.

    `at` is when both were read, in seconds of the clock that the looks share.
    """

    document_id: str
    key: str
    item: str | None
    document: str | None
    version: int | None
    at: float

    @property
    def equal(self) -> bool:
        """True when table and index agree, in content or in absence."""
        return self.item == self.document

    @property
    def kind(self) -> Kind:
        """The kind of a difference."""
        if self.document is None:
            return Kind.MISSING
        return Kind.ORPHANED if self.item is None else Kind.STALE


class Looker(Protocol):
    """Looks at these ids now. Returns one look each."""

    def __call__(self, candidates: Sequence[Candidate]) -> list[Look]: ...


class Inspector:
    """A `Looker` at a table and an index."""

    def __init__(self, table: Table, index: Index, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._table = table
        self._index = index
        self._clock = clock
        self.read_items = PatientReader(read=ItemReader(table_name=table.name, client=lambda: table.client))

    def __call__(self, candidates: Sequence[Candidate]) -> list[Look]:
        """Looks. Raises ItemReadError when the table doesn't answer, and what opensearch-py raises."""
        documents = self._index.read([candidate.document_id for candidate in candidates])
        keys: dict[str, AttributeMap] = {}
        for identifier, key in candidates:
            document = documents[identifier]
            known = (
                decode_key(key)
                if key
                else key_of_document(identifier, document.source if document else None, self._table.key_types)
            )
            if known is not None:
                keys[identifier] = known
        items = self.read_items(keys) if keys else {}
        at = self._clock()  # a throttled table answers late, and its change may have been the last thing before that
        looks = []
        for identifier, _ in candidates:
            image, document = items.get(identifier), documents[identifier]
            looks.append(
                Look(
                    document_id=identifier,
                    key=encode_key(keys[identifier]) if identifier in keys else "",
                    item=None if image is None or isinstance(image, RecordError) else item_digest(image).hex(),
                    document=document.digest.hex() if document else None,
                    version=document.version if document else None,
                    at=at,
                )
            )
        return looks


@dataclass(frozen=True, kw_only=True)
class Settled:
    """What the looks found. `differences` and `in_motion` are files of looks, one JSON object a line."""

    differences: Path
    in_motion: Path
    counts: Counter[str]

    @property
    def differing(self) -> int:
        """How many real differences there are."""
        return sum(self.counts[kind] for kind in Kind)


def settle(
    candidates: Iterable[Candidate],
    look: Looker,
    directory: Path,
    *,
    settle_seconds: float,
    say: Callable[[str], None] = lambda _: None,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Settled:
    """Looks at every candidate until it is equal, a real difference, or in motion to the end.

    `counts` has the kinds, `lagging` (equal when looked at again) and `in_motion`. Memory holds one batch.
    """
    directory.mkdir(parents=True, exist_ok=True)
    counts: Counter[str] = Counter()
    differences, pending = directory / "differences.jsonl", directory / "look-1.jsonl"
    with pending.open("w") as again:
        for batch in batches(candidates, BATCH):
            for seen in look(batch):
                if seen.equal:
                    counts["lagging"] += 1
                else:
                    _write(again, seen)
    differing = sum(1 for _ in read_looks(pending))
    if differing:
        say(f"{differing:,} differ at first sight: looking again after {settle_seconds:g} s")
    with differences.open("w") as found:
        for number in range(2, MOST_LOOKS + 1):
            still = directory / f"look-{number}.jsonl"
            with still.open("w") as again:
                for earlier in batches(read_looks(pending), BATCH):
                    sleep(max(0.0, earlier[-1].at + settle_seconds - clock()))
                    later = look([Candidate(seen.document_id, seen.key) for seen in earlier])
                    for before, now in zip(earlier, later, strict=True):
                        if now.equal:
                            counts["lagging"] += 1
                        elif _stood_still(before, now):
                            counts[now.kind] += 1
                            _write(found, now)
                        else:
                            _write(again, now)
            pending.unlink()
            pending = still
    counts["in_motion"] = sum(1 for _ in read_looks(pending))
    return Settled(differences=differences, in_motion=pending, counts=counts)


def _stood_still(before: Look, now: Look) -> bool:
    """Says whether nothing has arrived between two looks.

    An absent document has no version that would show it: it may have come and gone, with its item put and deleted. So
    the item has to be the same, too. An item that changes at every look is in motion; once it stops, it is reported.
    """
    if (before.version, before.document) != (now.version, now.document):
        return False
    return now.document is not None or before.item == now.item


def read_looks(file: Path) -> Iterator[Look]:
    """Reads the looks of a file."""
    with file.open() as lines:
        for line in lines:
            yield Look(**json.loads(line))


def _write(file: TextIO, look: Look) -> None:
    file.write(json.dumps(asdict(look)) + "\n")
