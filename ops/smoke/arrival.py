"""Waits until every index shows what the table got, and measures how long that took."""

import time
from collections.abc import Mapping

from opensearchpy.exceptions import TransportError

from changefeed.plan.document_id import document_id
from ops.smoke.scene import Attributes, Scene
from ops.smoke.why_behind import why_behind
from ops.stack import Consumer
from ops.trouble.search import search_trouble
from ops.verify.canonical import item_digest

PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 1.0

Expected = Mapping[str, Attributes | None]
"""Item id → the item, or None for one that must be gone."""


def wait_for_arrival(scene: Scene, expected: Expected, written_at: Mapping[str, float] | None = None) -> list[float]:
    """Waits, in all indexes together. Gives the seconds that each document took, in order.

    `written_at` is when each item was written, by `time.monotonic`; by default now. Raises Trouble with the
    cause, for the first consumer that is behind when `patience.arrival` is over.
    """
    started = time.monotonic()
    begun = written_at or {}
    digests = {
        document_id({"id": {"S": name}}): (begun.get(name, started), None if item is None else item_digest(item))
        for name, item in expected.items()
    }
    consumers = scene.stack.consumers()
    waiting = {consumer.name: dict(digests) for consumer in consumers}
    lags: list[float] = []
    pause = PAUSE_SECONDS
    while any(waiting.values()):
        over = time.monotonic() - started > scene.patience.arrival
        for consumer in consumers:
            lags += _settle(scene, consumer, waiting[consumer.name], over=over)
        behind = [consumer for consumer in consumers if waiting[consumer.name]]
        if behind and over:
            raise why_behind(scene, behind, len(waiting[behind[0].name]), expected)
        if behind:
            scene.say(", ".join(f"{len(waiting[each.name])} not in {each.index} yet" for each in behind))
            scene.sleep(pause)
            pause = min(LONGEST_PAUSE_SECONDS, pause * 1.3)
    return sorted(lags)


def _settle(
    scene: Scene, consumer: Consumer, waiting: dict[str, tuple[float, bytes | None]], *, over: bool
) -> list[float]:
    """Takes away what the index shows now. Access may be refused for a minute after a deploy: only then asks again."""
    try:
        found = scene.indexes[consumer.name].read(list(waiting)) if waiting else {}
    except TransportError as error:
        if error.args[0] in (401, 403) and not over:
            return []
        raise search_trouble(error, scene.where(consumer)) from None
    now = time.monotonic()
    shown = [name for name, document in found.items() if (document.digest if document else None) == waiting[name][1]]
    return [now - waiting.pop(name)[0] for name in shown]
