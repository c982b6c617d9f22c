"""Checks what must be on before a backfill: the stream, and the mapping that carries it to the index.

A change made after its page was read would be lost if no stream delivered it (docs/correctness.md).
"""

from ops.errors import OpsError
from ops.feed import feed_problem
from ops.stack import Consumer, Stack

WHY = "Changes made during a backfill would be lost: the stream must be on before it begins."


def check_changes_arrive(stack: Stack, consumer: Consumer) -> None:
    """Raises OpsError when the consumer's mapping or, on the Kinesis path, the table's destination isn't on."""
    problem = feed_problem(stack, consumer)
    if problem is not None:
        raise OpsError(" ".join(filter(None, (problem.what, WHY, problem.cure))))
