"""Changes that say only which item, and when: a record that has waited is never replayed.

Its image may be old, and OpenSearch remembers a newer delete for a minute only (docs/correctness.md).
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from changefeed.decode.change_record import MICROSECONDS_PER_SECOND, ChangeRecord, Operation, without_image
from changefeed.decode.change_time import LATEST_VERSION, MICROSECONDS_PER_UNIT, checked_version
from changefeed.decode.dynamodb_record import decode_keys
from changefeed.errors import RecordDecodeError

COARSEST_SPAN = MICROSECONDS_PER_SECOND
KNOWN_SPANS = frozenset({*MICROSECONDS_PER_UNIT.values(), COARSEST_SPAN})


def untrusted(change: ChangeRecord) -> ChangeRecord:
    """Drops what a change says about its item, so that `plan` and `BulkWriter` must ask the table.

    A change of an existing item without an image is what `plan` calls `image_missing`: the writer reads the item
    before the first attempt, whatever its trust window, and deletes the document of an absent one. The change's own
    version stays.
    """
    return replace(without_image(change), raw={})


def change_of_keys(message: Mapping[str, Any]) -> ChangeRecord:
    """Makes the change behind a parked message from its `keys` and `version` alone, already untrusted.

    For records that were too large to be parked whole. A message that doesn't tell the version's span (older ones
    don't) gets a second, that of the coarsest clock: a conflict within it is settled by reading the item, where a finer
    clock could decide without. Raises RecordDecodeError when the message lacks keys or version.
    """
    version, span = message.get("version"), message.get("version_span")
    if not isinstance(version, int) or isinstance(version, bool):
        raise RecordDecodeError("no_version", "The message has neither a decodable record nor a version.")
    untimed = 0 <= version < LATEST_VERSION and span == LATEST_VERSION - version
    return ChangeRecord(
        sequence_number=str(message.get("sequence_number") or "0"),
        operation=Operation.MODIFY,
        keys=decode_keys(message.get("keys")),
        image=None,
        version=version if untimed else checked_version(version),
        version_span=span if isinstance(span, int) and (untimed or span in KNOWN_SPANS) else COARSEST_SPAN,
        in_order=False,
        raw={},
    )
