"""Builds the bodies of bulk requests: how many writes go into one, and each write's lines with its external version.

A document is encoded when its request is built, and the next request is built while the last one is in flight.
"""

from collections.abc import Callable, Iterable, Sequence

import orjson

from changefeed.decode.attribute_values import NamesMet, encode_document
from changefeed.decode.encoded_image import EncodedImage
from changefeed.decode.kinesis_record import image_in
from changefeed.errors import RecordError
from changefeed.value_class import value_class
from changefeed.write.document_form import encode_narrowed
from changefeed.write.pending_write import PendingWrite

MOST_WITH_NEW_NAMES = 50
"""Documents of one request that have a name which this process never met. Each may cost the index a change of its
mapping, 50 to 150 ms: with a thousand of them a request took longer than its time-out, and went on behind it."""


@value_class
class Chunk:
    """What one request holds: writes, each one's lines with their line feeds, and all of these in one."""

    writes: list[PendingWrite]
    lines: list[bytes]
    body: bytes

    def halves(self) -> "list[Chunk]":
        """Divides the request into two."""
        middle = len(self.writes) // 2
        return [_chunk(self.writes[part], self.lines[part]) for part in (slice(middle), slice(middle, None))]


def _chunk(writes: list[PendingWrite], lines: list[bytes]) -> Chunk:
    return Chunk(writes=writes, lines=lines, body=b"".join(lines))


class BulkRequests:
    """The requests of one attempt, in order, each built when it is asked for, or before, with `build`."""

    def __init__(
        self,
        writes: Sequence[PendingWrite],
        *,
        max_bytes: int,
        max_actions: int,
        reject: Callable[[PendingWrite, RecordError], None],
    ) -> None:
        """Takes at most so many bytes and actions a request; a larger single write goes alone.

        `reject` is called for a write whose item can't be a document: it goes into no request.
        """
        self._writes = [*writes]
        self._max_bytes = max_bytes
        self._max_actions = max_actions
        self._reject = reject
        self._position = 0
        self._built: list[Chunk] = []

    def add(self, writes: Iterable[PendingWrite]) -> None:
        """Adds writes, to be sent after all others."""
        self._writes += writes

    def build(self) -> None:
        """Builds the next request, unless one is built already."""
        if self._built or self.are_over():
            return
        writes: list[PendingWrite] = []
        lines: list[bytes] = []
        size = with_new_names = 0
        met = NamesMet.count
        for position in range(self._position, len(self._writes)):
            write = self._writes[position]
            try:
                line = encode(write)
            except RecordError as error:
                self._reject(write, error)
                continue
            if NamesMet.count != met or (write.image.__class__ is EncodedImage and write.image.has_new_names):
                met = NamesMet.count
                with_new_names += 1
            full = size + len(line) > self._max_bytes or len(writes) >= self._max_actions
            if writes and (full or with_new_names > MOST_WITH_NEW_NAMES):
                self._position = position
                break
            writes.append(write)
            lines.append(line)
            size += len(line)
        else:
            self._position = len(self._writes)
        if writes:
            self._built.append(_chunk(writes, lines))

    def are_over(self) -> bool:
        """True when all were taken."""
        return not self._built and self._position == len(self._writes)

    def take(self) -> Chunk | None:
        """Gives the next request, or None after the last."""
        self.build()
        return self._built.pop(0) if self._built else None

    def put_back(self, chunks: Sequence[Chunk]) -> None:
        """Puts requests back in front: they are the next ones."""
        self._built[:0] = chunks

    def left(self) -> list[PendingWrite]:
        """Gives the writes of all requests that were not taken."""
        return [*(write for chunk in self._built for write in chunk.writes), *self._writes[self._position :]]


def encode(write: PendingWrite) -> bytes:
    """Encodes a write's lines. Versions are strictly external: a write of an equal version is a conflict.

    Raises UnindexableItemError when the item can't be a document.
    """
    if write.image is None:
        return delete_line(write.action.document_id, write.version)
    document_id, version = orjson.dumps(write.action.document_id), write.version
    image = write.image
    if write.form:
        attributes = image_in(write.action.record.raw) if isinstance(image, EncodedImage) else image
        document = encode_narrowed(attributes, write.form, write.action.keys)
    else:
        document = image.document if isinstance(image, EncodedImage) else encode_document(image)
    return b'{"index":{"_id":%b,"version":%d,"version_type":"external"}}\n%b\n' % (document_id, version, document)


def delete_line(document_id: str, version: int) -> bytes:
    """Encodes a delete."""
    return b'{"delete":{"_id":%b,"version":%d,"version_type":"external"}}\n' % (orjson.dumps(document_id), version)
