"""The errors of the sync, sorted by what happens next.

* SyncError
  - RecordError               permanent: park this record, its shard moves on
    - RecordDecodeError       the record is not a change that we know
      - OtherTableError       it is one of another table, on a stream that tables may share: skip and count it
    - UnindexableItemError    the item can't be a JSON document
  - RetryableError            transient: report the records, Lambda hands them over again
    - ItemReadError           an item could not be read again
    - BulkRequestError        no answer to a bulk request: it may or may not have been applied
    - ParkingError            a record could not be put away
    - SecondDeleteError       deletes could not be queued to be looked at again
  - SuspectedEnvironmentError most of a batch was rejected: the fault is not the records'

Wrong environment variables or events are a SettingsError of `lambda_kit`.

Messages say what, which record and what to do; never an item's content.
"""

from typing import Any, TypeAlias

Found: TypeAlias = dict[str, Any]
"""Items by document id: an image, None for an absent one, or a RecordError for one that can't be read."""


class SyncError(Exception):
    """Anything that the sync itself raises."""


class RecordError(SyncError):
    """This record can never succeed. `code` is a short stable word for counting and for `redrive --reason`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class RecordDecodeError(RecordError):
    """The record is not a change of a DynamoDB item in a shape that we know."""


class OtherTableError(RecordDecodeError):
    """The record is a change of another table, where that is no mistake: several tables may share a Kinesis stream."""

    def __init__(self, message: str) -> None:
        super().__init__("other_table", message)


class UnindexableItemError(RecordError):
    """The item's image can't be encoded as a JSON document."""


class RetryableError(SyncError):
    """The same call may succeed later."""


class ItemReadError(RetryableError):
    """Some items could not be read again from the table; `found` holds the others, by document id."""

    def __init__(self, message: str, found: Found | None = None) -> None:
        super().__init__(message)
        self.found: Found = found or {}


class BulkRequestError(RetryableError):
    """A bulk request got no complete answer: it may have been applied, now or later, or not."""


class ParkingError(RetryableError):
    """A record that can't succeed could not be put into the parking queue."""


class SecondDeleteError(RetryableError):
    """Deletes could not be put into the queue that has them looked at again."""


class SuspectedEnvironmentError(SyncError):
    """So much of a batch was rejected that the index, not the records, must be at fault."""
