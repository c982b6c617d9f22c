"""Probes a collection: may we read the indexes, where may we write, are the promises kept, is everything gone again?"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from opensearchpy.exceptions import TransportError

from changefeed.errors import BulkRequestError
from ops.probe.checks import CHECKS, Finding
from ops.probe.scratch import RETRY_SECONDS, OpenIndex, Scratch, open_scratch
from ops.trouble.search import Where, search_trouble


def probe(
    client: Any,
    open_index: OpenIndex,
    places: Sequence[Where],
    *,
    wait_seconds: float,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Finding]:
    """Yields one finding after the other. Stops where nothing more can be found out; raises no OpenSearch errors."""
    readable = True
    for place in places:
        finding = _access(client, place, wait_seconds, clock, sleep)
        readable &= finding.ok
        yield finding
    if not readable:
        return
    try:
        scratch = open_scratch(client, open_index, places[0].index, wait_seconds=wait_seconds)
    except TransportError as error:
        yield _failed("a place to write", error, Where(endpoint=places[0].endpoint))
        return
    where = f"index {scratch.index}" if scratch.own_index else f"ids {scratch.prefix}* of {scratch.index}"
    yield Finding(check="a place to write", ok=True, detail=where)
    try:
        for check in CHECKS:
            yield _run(check, scratch, replace(places[0], index=scratch.index))
    finally:
        gone = scratch.clean()
    advice = "" if gone else f"Delete {where} by hand: it needs the right aoss:DeleteIndex or aoss:WriteDocument."
    yield Finding(check="nothing is left of the probe", ok=gone, detail=where, advice=advice)


def _run(check: Callable[[Scratch], Finding], scratch: Scratch, place: Where) -> Finding:
    name = check.__name__.replace("_", " ")
    try:
        return check(scratch)
    except BulkRequestError as error:
        return Finding(check=name, ok=False, detail=str(error), advice="Is the endpoint reachable from here?")
    except TransportError as error:
        return _failed(name, error, place)


def _access(
    client: Any, place: Where, wait_seconds: float, clock: Callable[[], float], sleep: Callable[[float], None]
) -> Finding:
    check = f"{place.index} can be read"
    deadline = clock() + wait_seconds
    while True:
        try:
            return Finding(check=check, ok=True, detail=f"{client.count(index=place.index)['count']} documents")
        except TransportError as error:
            if error.args[0] not in (401, 403) or clock() >= deadline:
                return _failed(check, error, place)
            sleep(RETRY_SECONDS)


def _failed(check: str, error: TransportError, place: Where) -> Finding:
    trouble = search_trouble(error, place)
    advice = f"{trouble.cause[:1].upper()}{trouble.cause[1:]}. {trouble.cure}"
    return Finding(check=check, ok=False, detail=trouble.seen, advice=advice)
