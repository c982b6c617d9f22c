"""The bodies of bulk requests: how many writes go into one, and every write's lines, with its external version."""

from collections.abc import Iterator, Sequence

import orjson

from changefeed.pending_write import PendingWrite

ACTION_LINE_BYTES = 100
"""About what an action line holds beside the id."""


def cut(writes: Sequence[PendingWrite], max_bytes: int, max_actions: int) -> Iterator[list[PendingWrite]]:
    """Cut the writes into requests of at most so many bytes and actions; a larger single write goes alone."""
    chunk: list[PendingWrite] = []
    size = 0
    for write in writes:
        length = len(write.body or b"") + len(write.action.document_id.encode()) + ACTION_LINE_BYTES
        if chunk and (size + length > max_bytes or len(chunk) >= max_actions):
            yield chunk
            chunk, size = [], 0
        chunk.append(write)
        size += length
    if chunk:
        yield chunk


def encode(chunk: Sequence[PendingWrite]) -> bytes:
    """The request's body. Versions are strictly external: a write of an equal version is a conflict."""
    lines = []
    for write in chunk:
        target = {"_id": write.action.document_id, "version": write.version, "version_type": "external"}
        if write.body is None:
            lines.append(orjson.dumps({"delete": target}))
        else:
            lines += (orjson.dumps({"index": target}), write.body)
    lines.append(b"")
    return b"\n".join(lines)
