"""Asks an index which of some documents are there, under which versions: in real time, not as a search sees them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson

from changefeed.errors import BulkRequestError
from changefeed.write.bulk_post import SendBulk


@dataclass(frozen=True, kw_only=True)
class DocumentVersions:
    """A callable from ids to versions; `send` posts to an index's `_mget`."""

    send: SendBulk

    def __call__(self, ids: Sequence[str], timeout_seconds: float) -> Mapping[str, int]:
        """Gives the versions of those that are there. Raises BulkRequestError when one isn't answered for."""
        body = orjson.dumps({"docs": [{"_id": one, "_source": False} for one in ids]})
        status, answer = self.send(body, timeout_seconds)
        if status != 200:
            raise BulkRequestError(f"The index answered {status} to a question about documents.")
        return versions_in(answer, len(ids))


def versions_in(answer: bytes, asked: int) -> dict[str, int]:
    """Reads an answer. Raises BulkRequestError for a document that could not be read, or isn't answered for."""
    try:
        docs = orjson.loads(answer)["docs"]
        if len(docs) == asked:
            return {doc["_id"]: int(doc["_version"]) for doc in docs if doc["found"]}
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise BulkRequestError(f"The answer about documents is not whole: {type(error).__name__}.") from error
    raise BulkRequestError(f"The index was asked about {asked} documents and answered about {len(docs)}.")
