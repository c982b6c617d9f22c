"""Tells DynamoDB's time on an operator's machine, whose own clock may be wrong by any amount.

The writer gives a state that it read the version of that moment (`changefeed.write.pending_write`). In a function the
clock is AWS's own; by one that is ahead, the state would win against changes that are still to come.
"""

import time
from collections.abc import Callable
from functools import cache
from typing import Any

from botocore.exceptions import ClientError

from changefeed.backfill.page import server_time
from changefeed.decode.change_record import MICROSECONDS_PER_SECOND


def table_clock(now: Callable[[], int], stopwatch: Callable[[], float] = time.monotonic) -> Callable[[], float]:
    """Makes a clock, in seconds since the epoch, that is at DynamoDB's time or a little behind.

    `now` asks DynamoDB, in microseconds; it is asked once, when the clock is first read. The stopwatch starts after the
    answer: the way here is lost.
    """

    @cache
    def lead() -> float:
        return now() / MICROSECONDS_PER_SECOND - stopwatch()

    return lambda: lead() + stopwatch()


def dynamodb_time(client: Any, table_name: str) -> int:
    """Reads DynamoDB's clock off an answer, in microseconds since the epoch. A refusal tells it as well.

    Raises ItemReadError when the answer has no Date, and what botocore raises when there is none.
    """
    try:
        answer = client.describe_table(TableName=table_name)
    except ClientError as error:
        answer = error.response
    return server_time(answer)
