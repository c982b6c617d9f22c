"""Measures lag: from the answer to a write until the index's document shows it.

Documents are asked for by id, which sees a write at once (a search sees it after the next refresh). An item carries
the number of its last change, so a document that shows number N has settled every change up to N of that item.
Resolution: one round of asking, about 30 ms while much is outstanding.
"""

import threading
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import requests

IDS_PER_REQUEST = 500
PAUSE_SECONDS = 0.02
REMOVED = -1


@dataclass
class _Index:
    name: str
    outstanding: dict[str, list[tuple[int, float]]] = field(default_factory=lambda: defaultdict(list))
    lags: list[float] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    """Ids of documents that were there once, so that their absence means a removal."""


class LagMeter:
    """Measures the lag of every write that it is given; watches all indexes in a thread."""

    def __init__(self, opensearch_url: str, indexes: Mapping[str, str]) -> None:
        """Takes the indexes as consumer to index name."""
        self._url = opensearch_url
        self._indexes = {consumer: _Index(name) for consumer, name in indexes.items()}
        self._lock = threading.Lock()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="lag", daemon=True)
        self._session = requests.Session()

    def __enter__(self) -> "LagMeter":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._thread.join()

    def wrote(self, item_id: str, number: int | None) -> None:
        """Notes a write that was accepted just now: the item's change number, or None for a removal."""
        accepted = time.monotonic()
        with self._lock:
            for index in self._indexes.values():
                index.outstanding[item_id].append((REMOVED if number is None else number, accepted))

    def outstanding(self) -> int:
        """Counts the writes that some index doesn't show yet."""
        with self._lock:
            return sum(len(waiting) for index in self._indexes.values() for waiting in index.outstanding.values())

    def wait(self, timeout_seconds: float) -> bool:
        """Waits until every index shows every write; False after the time."""
        deadline = time.monotonic() + timeout_seconds
        while self.outstanding():
            if time.monotonic() > deadline:
                return False
            time.sleep(PAUSE_SECONDS)
        return True

    def percentiles(self) -> dict[str, dict[str, float]]:
        """Returns seconds by consumer: {"p50", "p99", "max"}; empty while nothing was measured."""
        with self._lock:
            lags = {consumer: sorted(index.lags) for consumer, index in self._indexes.items()}
        return {
            consumer: {
                "p50": round(values[len(values) // 2], 3),
                "p99": round(values[min(len(values) - 1, int(len(values) * 0.99))], 3),
                "max": round(values[-1], 3),
            }
            for consumer, values in lags.items()
            if values
        }

    def _watch(self) -> None:
        while not self._ending.is_set():
            for index in self._indexes.values():
                self._look(index)
            self._ending.wait(PAUSE_SECONDS)

    def _look(self, index: _Index) -> None:
        with self._lock:
            ids = list(index.outstanding)[:IDS_PER_REQUEST]
        if not ids:
            return
        try:
            answer = self._session.post(
                f"{self._url}/{index.name}/_mget?_source_includes=change", json={"ids": ids}, timeout=5
            )
            documents = answer.json()["docs"]
        except (requests.RequestException, ValueError, KeyError):
            return  # the node is away; the writes stay outstanding
        seen_at = time.monotonic()
        with self._lock:
            for document in documents:
                self._settle(index, document, seen_at)

    def _settle(self, index: _Index, document: Mapping[str, Any], seen_at: float) -> None:
        waiting = index.outstanding[document["_id"]]
        shown = document.get("_source", {}).get("change", 0) if document.get("found") else None
        if shown is not None:
            index.seen.add(document["_id"])
        elif document["_id"] not in index.seen:
            # Not there yet, or there and gone between two looks: nobody knows, so it isn't measured. A removal is
            # dropped once all else has arrived; the proof at the end looks at the outcome.
            if waiting[-1][0] == REMOVED and all(w[-1][0] == REMOVED for w in index.outstanding.values()):
                del index.outstanding[document["_id"]]
            return
        # What was written before a write that shows is superseded by it, and counts as shown with it.
        settled = max((at for at, (number, _) in enumerate(waiting, start=1) if _shows(shown, number)), default=0)
        index.lags += [seen_at - accepted for _, accepted in waiting[:settled]]
        left = waiting[settled:]
        if left:
            index.outstanding[document["_id"]] = left
        else:
            del index.outstanding[document["_id"]]


def _shows(shown: int | None, number: int) -> bool:
    if number == REMOVED:
        return shown is None
    return shown is not None and shown >= number
