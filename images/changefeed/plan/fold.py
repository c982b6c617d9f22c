"""From changes to document actions: one a document, for the newest of its changes."""

from collections.abc import Iterable
from dataclasses import replace

from changefeed.decode.change_record import ChangeRecord, Operation, without_image
from changefeed.decode.change_time import LATEST_VERSION
from changefeed.errors import RecordError
from changefeed.plan.document_action import DocumentAction
from changefeed.plan.document_id import document_id
from changefeed.plan.rejection import Rejection, reject


def fold(changes: Iterable[ChangeRecord]) -> tuple[dict[str, tuple[ChangeRecord, str]], list[Rejection]]:
    """Keep the change with the highest version of each document, and the first sequence number among its changes.

    Equal versions: the higher sequence number, compared as an integer (as texts, "10" < "9"). Where that doesn't say
    which change is later, the winner loses its image, so that the item is read. Two writes of one document in one bulk
    request could be applied separately and retried in the wrong order; one write can't.
    """
    latest: dict[str, tuple[ChangeRecord, str]] = {}
    rejections = []
    for change in changes:
        try:
            key = document_id(change.keys)
        except RecordError as error:
            rejections.append(reject(change, error))
            continue
        if key not in latest:
            latest[key] = (change, change.sequence_number)
            continue
        winner, first = latest[key]
        first = min(first, change.sequence_number, key=int)
        if not (change.is_timed and winner.is_timed):
            latest[key] = (_of_any_time(winner, change), first)
            continue
        tie = change.version == winner.version
        if (change.version, int(change.sequence_number)) >= (winner.version, int(winner.sequence_number)):
            winner = change
        if tie and not change.in_order and change.version_span > 1:  # a span of 1: one change that came twice
            winner = without_image(winner)
        latest[key] = (winner, first)
    return latest, rejections


def _of_any_time(one: ChangeRecord, other: ChangeRecord) -> ChangeRecord:
    """Gives one change for two of which one has no time: its item is read, and it may be later than either."""
    version = max(one.version, other.version)
    later = max(one, other, key=lambda change: int(change.sequence_number))
    return replace(without_image(later), version=version, version_span=LATEST_VERSION - version)


def plan(changes: Iterable[ChangeRecord]) -> tuple[list[DocumentAction], list[Rejection]]:
    """Fold the changes. Every change ends in an action or a rejection, or is superseded."""
    latest, rejections = fold(changes)
    actions = [
        DocumentAction(
            document_id=key,
            keys=change.keys,
            version=change.version,
            version_span=change.version_span,
            body=change.image,
            image_missing=change.image is None and change.operation is not Operation.REMOVE,
            first_sequence_number=first_sequence_number,
            record=change,
        )
        for key, (change, first_sequence_number) in latest.items()
    ]
    return actions, rejections
