"""One shape for a change, whichever feed it came by."""

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Any, TypeAlias

from changefeed.decode.encoded_image import EncodedImage
from changefeed.value_class import value_class

AttributeMap: TypeAlias = Mapping[str, Mapping[str, Any]]
"""An item or key as DynamoDB JSON: `{"name": {"S": "text"}}`."""

Image: TypeAlias = AttributeMap | EncodedImage
"""An item's new image: as DynamoDB JSON, or as its document's text already."""

MICROSECONDS_PER_SECOND = 1_000_000


class Operation(StrEnum):
    """What the source says happened to the item."""

    INSERT = "INSERT"
    MODIFY = "MODIFY"
    REMOVE = "REMOVE"


@value_class
class ChangeRecord:
    """A decoded record.

    `version` is the time of the change in microseconds since the epoch, from the record alone. A feed's clock is
    coarse, so a version stands for the `version_span` microseconds that begin with it: 1,000,000 on the Streams path
    (whole seconds), 1 or 1,000 on the Kinesis path. Two changes of an item inside one span can't be ordered by
    their versions: `bulk_writer` settles them by reading the item again. Of a change whose time isn't known the version
    is the lowest that it can have, and the span reaches to the end of all versions (`change_time.UNTIMED`).

    `sequence_number` is the record's place in its shard. In Kinesis that is when it arrived, not when it happened:
    then `in_order` is False, and of two changes inside one span neither is known to be the later.

    `image` is None for a REMOVE, and where the stream carries no image: then the item is read again. It becomes a
    document when it is sent (`bulk_body`), or was made one when its record was parsed (`encoded_image`).
    `raw` is the record as Lambda handed it over, kept so that it can be parked whole.

    `read_at` is set where the image comes from the table, not from a feed: when it was read, by this machine's clock
    in microseconds. Then the image's age counts from there, whatever the version says.
    """

    sequence_number: str
    operation: Operation
    keys: AttributeMap
    image: Image | None
    version: int
    version_span: int
    in_order: bool
    raw: Mapping[str, Any]
    read_at: int | None = None

    @property
    def is_timed(self) -> bool:
        """True when the time of the change is known, to a second or better."""
        return self.version_span <= MICROSECONDS_PER_SECOND


def without_image(change: ChangeRecord) -> ChangeRecord:
    """Drops what a change says about its item: it has to be read, and where there is none its document is deleted."""
    return replace(change, image=None, operation=Operation.MODIFY)
