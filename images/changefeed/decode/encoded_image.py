"""An image that became a document's text when its record was decoded: for feeds whose records have to be parsed.

To keep a batch's parsed images until they are sent takes ten times the memory of their texts, and it comes fresh from
the system page by page: that was a third of the Kinesis path's time. To parse twice costs 9 µs a record.
"""

from typing import NamedTuple

from changefeed.errors import UnindexableItemError


class EncodedImage(NamedTuple):
    """The document's text, or why there is none: then the record is rejected when it would be sent, not before."""

    outcome: bytes | UnindexableItemError

    @property
    def document(self) -> bytes:
        """The text. Raises UnindexableItemError when the item can't be a document."""
        if isinstance(self.outcome, UnindexableItemError):
            raise self.outcome
        return self.outcome
