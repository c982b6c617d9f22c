"""Probes a collection: may we read the indexes, where may we write, are the promises kept, is everything gone again?"""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from opensearchpy.exceptions import AuthenticationException, AuthorizationException, NotFoundError, TransportError

from changefeed.errors import BulkRequestError
from ops.probe.checks import CHECKS, Finding
from ops.probe.scratch import RETRY_SECONDS, OpenIndex, Scratch, open_scratch

NO_ACCESS = (
    "A collection answers 403 until both are true: the caller's IAM role or user may do aoss:APIAccessAll on this "
    "collection, and the collection's data access policy names that role or user with index rights "
    "(aoss:DescribeIndex and aoss:ReadDocument to verify, aoss:WriteDocument to repair). A change of either "
    "acts after up to a minute. In a private collection it is also the answer to a caller outside its VPC endpoint."
)


def probe(
    client: Any,
    open_index: OpenIndex,
    indexes: Sequence[str],
    *,
    wait_seconds: float,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Finding]:
    """Yields one finding after the other. Stops where nothing more can be found out; raises no OpenSearch errors."""
    readable = True
    for index in indexes:
        finding = _access(client, index, wait_seconds, clock, sleep)
        readable &= finding.ok
        yield finding
    if not readable:
        return
    try:
        scratch = open_scratch(client, open_index, indexes[0], wait_seconds=wait_seconds)
    except TransportError as error:
        yield Finding(check="a place to write", ok=False, detail=_said(error), advice="Look at the collection's state.")
        return
    where = f"index {scratch.index}" if scratch.own_index else f"ids {scratch.prefix}* of {scratch.index}"
    yield Finding(check="a place to write", ok=True, detail=where)
    try:
        for check in CHECKS:
            yield _run(check, scratch)
    finally:
        gone = scratch.clean()
    advice = "" if gone else f"Delete {where} by hand: it needs the right aoss:DeleteIndex or aoss:WriteDocument."
    yield Finding(check="nothing is left of the probe", ok=gone, detail=where, advice=advice)


def _run(check: Callable[[Scratch], Finding], scratch: Scratch) -> Finding:
    name = check.__name__.replace("_", " ")
    try:
        return check(scratch)
    except BulkRequestError as error:
        return Finding(check=name, ok=False, detail=str(error), advice="Is the endpoint reachable from here?")
    except TransportError as error:
        return Finding(check=name, ok=False, detail=_said(error), advice=NO_ACCESS if _is_refusal(error) else "")


def _access(
    client: Any, index: str, wait_seconds: float, clock: Callable[[], float], sleep: Callable[[float], None]
) -> Finding:
    check = f"{index} can be read"
    deadline = clock() + wait_seconds
    while True:
        try:
            return Finding(check=check, ok=True, detail=f"{client.count(index=index)['count']} documents")
        except NotFoundError:
            return Finding(check=check, ok=False, detail="there is no such index", advice="Deploy makes it: pulumi up.")
        except TransportError as error:
            if not _is_refusal(error):
                advice = "Is the endpoint right, and reachable from here?"
                return Finding(check=check, ok=False, detail=_said(error), advice=advice)
            if clock() >= deadline:
                return Finding(check=check, ok=False, detail=_said(error), advice=NO_ACCESS)
            sleep(RETRY_SECONDS)


def _is_refusal(error: TransportError) -> bool:
    return isinstance(error, AuthorizationException | AuthenticationException)


def _said(error: TransportError) -> str:
    """Gives status and type; never the reason, which may echo a document."""
    status, kind = error.args[0], error.args[1] if len(error.args) > 1 else ""
    return f"{type(error).__name__}" if status == "N/A" else f"HTTP {status} {kind}"
