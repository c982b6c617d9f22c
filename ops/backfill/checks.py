"""Checks what must be so before a backfill, and still at its end: the feed is on, table and index are the same ones.

A change made after its page was read would be lost if no stream delivered it (docs/correctness.md).
"""

from ops.backfill.state import BackfillState
from ops.errors import OpsError
from ops.feed import feed_problem
from ops.identity import check_same, index_uuid_if_reachable, table_id
from ops.stack import Consumer, Stack
from ops.trouble.trouble import Trouble

WHY = "Changes made during a backfill would be lost: the stream must be on before it begins."


def check_changes_arrive(stack: Stack, consumer: Consumer) -> None:
    """Raises OpsError when the consumer's mapping or, on the Kinesis path, the table's destination isn't on."""
    problem = feed_problem(stack, consumer)
    if problem is not None:
        raise OpsError(" ".join(filter(None, (problem.what, WHY, problem.cure))))


def check_filled(stack: Stack, consumer: Consumer, state: BackfillState) -> None:
    """Raises OpsError when a backfill whose segments are all at their end has not filled the index all the same."""
    check_same("table", state.table, state.table_id, table_id(stack.client("dynamodb"), state.table))
    check_same("index", state.index, state.index_uuid, index_uuid_if_reachable(stack.search(), state.index))
    accounted = state.written + state.superseded + state.parked
    if state.items != accounted:
        raise Trouble(
            f"of {state.items:,} items only {accounted:,} are accounted for",
            cause="the function `replicate` is of another version than this command",
            cure=f"Deploy this version (pulumi up), then python -m ops backfill {consumer.name} without --resume.",
        )
    problem = feed_problem(stack, consumer)
    if problem is not None:
        raise Trouble(
            f"{problem.what.rstrip('.')}, and it was on when the backfill began",
            cause="changes that were made while it was off may never reach the index",
            cure=f"{problem.cure or 'Turn it on.'} Then: python -m ops verify {consumer.name} --repair",
        )
