"""Finds where the probe may write: in a new index, or under ids of a consumer's index that no item can have.

A new index is tried first. Callers who may not create one get scratch ids that begin with `%probe-`: in an item's id
a `%` is always followed by N, B, H, 25 or 7C (`changefeed.plan.document_id`). They are deleted afterwards.
"""

import secrets
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson
from opensearchpy.exceptions import AuthorizationException, NotFoundError, OpenSearchWarning, TransportError

from changefeed.errors import BulkRequestError
from changefeed.write.bulk_answer import ItemVerdict, Verdict, read_bulk_answer
from changefeed.write.bulk_post import SendBulk

REQUEST_SECONDS = 20.0
RETRY_SECONDS = 3.0
CLEANING_VERSION = 1_000
OpenIndex = Callable[[str], SendBulk]
"""Makes what sends bulk bodies to an index: the sync's `BulkTransport`."""


@dataclass(frozen=True, kw_only=True)
class Scratch:
    """Writes and reads under ids of this probe alone. `own_index` says that the whole index can be deleted."""

    client: Any
    send: SendBulk
    index: str
    own_index: bool
    wait_seconds: float
    prefix: str = field(default_factory=lambda: f"%probe-{secrets.token_hex(4)}-")
    used: set[str] = field(default_factory=set)
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def id(self, name: str) -> str:
        """Makes a full id; in a new index, the name itself."""
        return name if self.own_index else self.prefix + name

    def index_document(self, name: str, version: int, document: bytes = b"{}") -> ItemVerdict:
        """Writes under a strictly external version. The document is empty: a field would stay in the mapping."""
        return self._write("index", name, version, document)

    def delete_document(self, name: str, version: int) -> ItemVerdict:
        """Deletes under a strictly external version."""
        return self._write("delete", name, version, None)

    def read(self, name: str) -> dict[str, Any] | None:
        """Reads the document with its `_id`, `_version` and `_source`, in real time."""
        try:
            answer: dict[str, Any] = self.client.get(index=self.index, id=self.id(name))
        except NotFoundError:
            return None
        return answer

    def version_by_mget(self, name: str) -> int | None:
        """Reads the document's version as the second delete does; None when it isn't there."""
        body = {"docs": [{"_id": self.id(name), "_source": False}]}
        (document,) = self.client.mget(index=self.index, body=body)["docs"]
        return int(document["_version"]) if document.get("found") else None

    def walk_by_id(self, *, in_time: bool = False) -> str | None:
        """Searches in the order of `_id`, in a point in time if asked to. Gives why it was refused, or None."""
        warnings.filterwarnings("ignore", "Loading the fielddata on the _id field", OpenSearchWarning)
        body: dict[str, Any] = {"size": 1, "sort": [{"_id": "asc"}]}
        try:
            if not in_time:
                self.client.search(index=self.index, body=body)
                return None
            pit = self.client.create_pit(index=self.index, params={"keep_alive": "1m"})["pit_id"]
            self.client.search(body={**body, "pit": {"id": pit}})
            self.client.delete_pit(body={"pit_id": [pit]})
        except TransportError as error:
            return f"{error.status_code} {error.error}"
        return None

    def set_memory_of_deletes(self, time_text: str) -> str:
        """Sets the index's `gc_deletes`. Gives what the index says of it then, or the type of the refusal."""
        name = "index.gc_deletes"
        try:
            self.client.indices.put_settings(index=self.index, body={name: time_text})
            answer = self.client.indices.get_settings(index=self.index, params={"flat_settings": "true"})
        except TransportError as error:
            return str(error.error)
        return str(next(iter(answer.values()))["settings"].get(name, "not kept"))

    def clean(self) -> bool:
        """Removes everything again. Returns False when something had to stay."""
        if self.own_index:
            try:
                self.client.indices.delete(index=self.index)
            except TransportError:
                return False
            return True
        try:
            done = [self.delete_document(name, CLEANING_VERSION).verdict for name in sorted(self.used)]
        except BulkRequestError:
            return False
        return all(verdict is Verdict.DONE for verdict in done)

    def _write(self, operation: str, name: str, version: int, document: bytes | None) -> ItemVerdict:
        self.used.add(name)
        target = {"_id": self.id(name), "version": version, "version_type": "external"}
        lines = [orjson.dumps({operation: target}), *([] if document is None else [document]), b""]
        deadline = self.clock() + self.wait_seconds
        while True:  # a new index is usable after some seconds, a new access policy after up to a minute
            status, answer = self.send(b"\n".join(lines), REQUEST_SECONDS)
            verdict = read_bulk_answer(status, answer, expected_items=1)[0]
            if verdict.verdict is not Verdict.RETRYABLE or self.clock() >= deadline:
                return verdict
            self.sleep(RETRY_SECONDS)


def open_scratch(client: Any, open_index: OpenIndex, fallback_index: str, *, wait_seconds: float) -> Scratch:
    """Opens a place to write. Raises what opensearch-py raises, except that a refused creation leads to scratch ids."""
    name = f"driftless-probe-{secrets.token_hex(4)}"
    try:
        client.indices.create(index=name, body={"mappings": {"dynamic": False}})
        own = True
    except AuthorizationException:
        name, own = fallback_index, False
    return Scratch(
        client=client, send=open_index(name), index=name, own_index=own, wait_seconds=wait_seconds
    )  # fmt: skip
