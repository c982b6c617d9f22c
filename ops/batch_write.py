"""Writes to a table by BatchWriteItem, until the table has taken everything."""

from collections.abc import Sequence
from typing import Any

MOST_REQUESTS = 25
"""Of one BatchWriteItem: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html"""


def write_all(dynamodb: Any, table_name: str, requests: Sequence[dict[str, Any]]) -> int:
    """Writes put and delete requests, 25 at a time, each batch until nothing of it is unprocessed.

    A batch can't hold two requests for one item. Returns how many requests there were.
    """
    for start in range(0, len(requests), MOST_REQUESTS):
        left = list(requests[start : start + MOST_REQUESTS])
        while left:
            answer = dynamodb.batch_write_item(RequestItems={table_name: left})
            left = answer.get("UnprocessedItems", {}).get(table_name, [])
    return len(requests)
