"""A record that can't succeed: what is known of it when it is parked."""

from dataclasses import dataclass
from typing import Any

from changefeed.decode.change_record import ChangeRecord
from changefeed.errors import RecordError


@dataclass(frozen=True, kw_only=True, slots=True)
class Rejection:
    """A record that can't succeed, and why. `code` is stable; `message` holds no item content.

    `first_sequence_number` is the lowest among the changes folded into it, where there were others.
    """

    code: str
    message: str
    raw: Any
    sequence_number: str | None = None
    first_sequence_number: str | None = None
    record: ChangeRecord | None = None

    @property
    def first_reported(self) -> str:
        """The sequence number with which all of its changes come again; "" when it can't be reported."""
        return self.first_sequence_number or self.sequence_number or ""

    @property
    def span(self) -> tuple[int, int]:
        """The sequence numbers of the first and the last of its changes; zeros when it can't be reported."""
        return int(self.first_reported or 0), int(self.sequence_number or 0)


def reject(change: ChangeRecord, error: RecordError) -> Rejection:
    """Gives a rejection of a decoded change."""
    return Rejection(
        code=error.code, message=str(error), raw=change.raw, sequence_number=change.sequence_number, record=change
    )
