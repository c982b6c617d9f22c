"""How the write of one action ended."""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import NamedTuple, Protocol

from changefeed.plan.document_action import DocumentAction


class Outcome(StrEnum):
    """Where an action ended."""

    WRITTEN = "written"
    SUPERSEDED = "superseded"
    RETRYABLE = "retryable"
    REJECTED = "rejected"


class WriteResult(NamedTuple):
    """`reason` is an error type of OpenSearch or a code of ours; None when the action is done.

    `deleted`: the document was deleted, or would have been. `unindexed`: not all of it can be searched.
    `met_the_future`: the index held a version that no change can have yet.
    """

    action: DocumentAction
    outcome: Outcome
    reason: str | None = None
    deleted: bool = False
    unindexed: bool = False
    met_the_future: bool = False

    @property
    def needs_second_look(self) -> bool:
        """True for a delete that is done. A superseded one as well: its own first request may have been applied."""
        return self.deleted and self.outcome in (Outcome.WRITTEN, Outcome.SUPERSEDED)


class Write(Protocol):
    """Writes actions within a time; one result each."""

    def __call__(
        self, actions: Sequence[DocumentAction], seconds_left: Callable[[], float]
    ) -> Sequence[WriteResult]: ...
