"""Walks the index in the order of `_id`, by a point in time and `search_after`; reads single documents in real time.

Why `_id`: it is the one sort that is unique over all shards and can go on after an id in a new point in time, so an
expired one costs nothing. Tried on 2.19.1 with 60,000 documents: `_doc` and `_seq_no` alone lost 118 of them on three
shards, `_shard_doc` is unknown before 3.3; `_id` took them all, in 1.3 to 2 times the time of `_doc`. Serverless
collections have point in time (AWS, "Using Pit with Amazon OpenSearch Serverless"), and Data Prepper sorts by `_id`
there. It makes the search nodes keep the ids in memory, about 10 bytes each; OpenSearch warns that a later version may
not do it any more.

No page tells which data access right a search in a point in time needs. Where one is refused, plain searches walk the
ids in the same order: a document that changes meanwhile is seen before or after, and a difference is looked at again.
"""

import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from opensearchpy.exceptions import (
    AuthorizationException,
    NotFoundError,
    OpenSearchWarning,
    RequestError,
    TransportError,
)

from lambda_kit.unindexed import unindexed_documents
from ops.errors import OpsError
from ops.identity import check_same, index_uuid
from ops.verify.canonical import document_digest, parse_json
from ops.verify.future import FutureVersions
from ops.verify.walk import Entry, Page

KEEP_ALIVE = "5m"
FIRST_PAGE, SMALLEST_PAGE, LARGEST_PAGE = 100, 10, 2_000
PAGE_BYTES = 2 * 1024 * 1024
"""What a page should hold: documents may have 400 KB, so the number of documents follows the pages' size."""
READ_DOCUMENTS = 50
REFUSED = frozenset({400, 403, 404, 405})
"""Answers to a request that this target doesn't have, or not for us."""
RETRYABLE = frozenset({408, 429, 500, 502, 503, 504, "TIMEOUT"})


class Document(NamedTuple):
    """A document as it is now: version, digest, and its content."""

    version: int
    digest: bytes
    source: Any


class ExactJson:
    """Stands in for opensearch-py's deserializer, which reads numbers as floats."""

    def __init__(self) -> None:
        self.last_length = 0

    def loads(self, text: Any, _mimetype: str | None = None) -> Any:
        """Parses an answer, with numbers as texts."""
        self.last_length = len(text)
        return parse_json(text)


class Index:
    """One index behind an opensearch-py client that nothing else uses: its deserializer is replaced."""

    def __init__(
        self,
        client: Any,
        name: str,
        *,
        say: Callable[[str], None] = lambda _: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Counts the documents. `clock` is DynamoDB's, in seconds."""
        warnings.filterwarnings("ignore", "Loading the fielddata on the _id field", OpenSearchWarning)
        self._json = client.transport.deserializer = ExactJson()
        self.name = name
        self.future = FutureVersions(clock=clock)
        self._client = client
        self._say = say
        self.approximate_documents = int(client.count(index=name)["count"])

    @cached_property
    def identity(self) -> dict[str, str | None]:
        """Gives name and UUID: an index that was deleted and made anew is another one."""
        return {"index": self.name, "index_uuid": index_uuid(self._client, self.name)}

    def check_same(self) -> None:
        """Raises Trouble when it was made anew since its identity was first asked for."""
        check_same("index", self.name, self.identity["index_uuid"], index_uuid(self._client, self.name))

    def count_partly_indexed(self) -> int:
        """Counts the documents of which a part isn't indexed, as a search sees them: later than they are written."""
        answer = self._client.count(index=self.name, body={"query": unindexed_documents()})
        self._check_whole(answer)
        return int(answer["count"])

    def pages(self, cursor: str | None) -> Iterator[Page]:
        """Yields pages as `walk.IndexSource` says; the cursor is the last id."""
        pit = self._open()
        size = FIRST_PAGE
        try:
            while True:
                try:
                    answer = self._search(size, pit, cursor)
                except AuthorizationException:
                    if pit is None:
                        raise
                    self._close(pit)
                    pit = self._without_one()
                    continue
                except NotFoundError:
                    if pit is None:
                        raise
                    self._say(f"The point in time of {self.name} expired: a new one goes on behind the last id.")
                    pit = self._open()
                    continue
                except TransportError as error:
                    if isinstance(error, RequestError):
                        raise OpsError(
                            f"{self.name} can't be walked by _id: {error.status_code} {error.error}. "
                            "The setting indices.id_field_data.enabled must not be off."
                        ) from error
                    # An answer too large for the client's time or the node's memory: smaller ones may pass.
                    if error.args[0] not in RETRYABLE or size <= SMALLEST_PAGE:
                        raise
                    size = max(SMALLEST_PAGE, size // 4)
                    self._say(f"{self.name} answered {error.args[0]}: going on with pages of {size} documents.")
                    continue
                self._check_whole(answer)
                hits = answer["hits"]["hits"]
                cursor = hits[-1]["_id"] if len(hits) == size else None
                entries = [Entry(hit["_id"], document_digest(hit.get("_source"))) for hit in hits]
                self.future.note((hit["_id"], int(hit["_version"])) for hit in hits)
                yield Page(entries=entries, cursor=cursor)
                if cursor is None:
                    return
                fitting = int(size * PAGE_BYTES / max(1, self._json.last_length))
                size = max(SMALLEST_PAGE, min(LARGEST_PAGE, fitting))
        finally:
            self._close(pit)

    def read(self, ids: Sequence[str]) -> dict[str, Document | None]:
        """Reads documents as they are now, not as a search sees them; None for an absent one."""
        found: dict[str, Document | None] = dict.fromkeys(ids)
        for start in range(0, len(ids), READ_DOCUMENTS):
            body = {"ids": list(ids[start : start + READ_DOCUMENTS])}
            for part in self._client.mget(index=self.name, body=body)["docs"]:
                if "error" in part:
                    raise OpsError(f"{self.name} could not read a document: {part['error'].get('type')}.")
                if part["found"]:
                    source = part.get("_source")
                    found[part["_id"]] = Document(int(part["_version"]), document_digest(source), source)
        return found

    def _search(self, size: int, pit: str | None, cursor: str | None) -> Any:
        body: dict[str, Any] = {"size": size, "sort": [{"_id": "asc"}], "track_total_hits": False}
        body["version"] = True
        if cursor is not None:
            body["search_after"] = [cursor]
        if pit is None:
            return self._client.search(index=self.name, body=body)
        return self._client.search(body={**body, "pit": {"id": pit, "keep_alive": KEEP_ALIVE}})

    def _open(self) -> str | None:
        try:
            answer = self._client.create_pit(index=self.name, params={"keep_alive": KEEP_ALIVE})
        except TransportError as error:
            if error.args[0] not in REFUSED:
                raise
            return self._without_one()
        self._check_whole(answer)  # by default it is made of those shards that answer, and searches don't say so
        return str(answer["pit_id"])

    def _check_whole(self, answer: Any) -> None:
        if answer.get("timed_out") or int(answer.get("_shards", {}).get("failed", 0)) > 0:
            raise OpsError(f"Shards of {self.name} did not answer: what they hold can't be compared now.")

    def _without_one(self) -> str | None:
        self._say(f"{self.name} refuses a point in time: it is walked by plain searches.")
        return None

    def _close(self, pit: str | None) -> None:
        if pit is None:
            return
        try:
            self._client.delete_pit(body={"pit_id": [pit]})
        except TransportError:
            return  # it expires after KEEP_ALIVE
