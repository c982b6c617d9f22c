"""Changes that say only which item, and when: a record that rested somewhere is never replayed (rule 3)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from changefeed.decode.change_record import ChangeRecord, Operation
from changefeed.decode.dynamodb_record import checked_version, decode_keys
from changefeed.errors import RecordDecodeError


def untrusted(change: ChangeRecord) -> ChangeRecord:
    """The change without what it says of the item, so that `plan` and `BulkWriter` must ask the table.

    A change of an existing item without an image is what `plan` calls `image_missing`: the writer reads the item
    before the first attempt, whatever its trust window, and deletes the document of an absent one. The change's own
    version stays.
    """
    return replace(change, image=None, operation=Operation.MODIFY, raw={})


def change_of_keys(message: Mapping[str, Any], *, version_span: int) -> ChangeRecord:
    """The change behind a parked message by its `keys` and `version` alone, already untrusted.

    For records that were too large to be parked whole. `version_span` is the consumer's: see `ChangeRecord`.
    Raises RecordDecodeError when the message doesn't tell both.
    """
    version = message.get("version")
    if not isinstance(version, int) or isinstance(version, bool):
        raise RecordDecodeError("no_version", "The message has neither a decodable record nor a version.")
    return ChangeRecord(
        sequence_number=str(message.get("sequence_number") or "0"),
        operation=Operation.MODIFY,
        keys=decode_keys(message.get("keys")),
        image=None,
        version=checked_version(version),
        version_span=version_span,
        in_order=False,
        raw={},
    )
