"""Walks the table: a parallel scan with consistent reads, held to a read capacity where one is given.

A scan is not a snapshot: an item that changes meanwhile is seen before or after. Nothing depends on that: every
difference is looked at again.
"""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from changefeed.backfill.page import server_time
from changefeed.plan.document_id import document_id
from ops.errors import OpsError
from ops.identity import check_same, table_id
from ops.verify.canonical import item_digest
from ops.verify.item_key import decode_key, encode_key, is_hashed
from ops.verify.walk import Entry, Page


class ReadBudget:
    """Keeps the average of all threads at a number of capacity units a second; None: no limit."""

    def __init__(
        self,
        units_per_second: float | None,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._rate = units_per_second
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._free_at = clock()

    def spend(self, units: float) -> None:
        """Waits until these units, already used, are paid for."""
        if not self._rate:
            return
        with self._lock:
            self._free_at = max(self._free_at, self._clock()) + units / self._rate
            wait = self._free_at - self._clock()
        self._sleep(max(0.0, wait))


class Table:
    """The table behind a boto3 DynamoDB client. `key_types` maps key attribute names to S, N or B."""

    def __init__(self, client: Any, name: str, *, budget: ReadBudget | None = None) -> None:
        """Asks the table for its key. Raises what boto3 raises when there is no such table."""
        self.name = name
        self.client = client
        self._budget = budget or ReadBudget(None)
        described = client.describe_table(TableName=name)["Table"]
        types = {part["AttributeName"]: part["AttributeType"] for part in described["AttributeDefinitions"]}
        self.key_types = {part["AttributeName"]: str(types[part["AttributeName"]]) for part in described["KeySchema"]}
        self.identity = {"table": str(described["TableArn"]), "table_id": described.get("TableId")}
        self.approximate_items = int(described.get("ItemCount", 0))

    def pages(self, segment: int, total_segments: int, cursor: str | None) -> Iterator[Page]:
        """Yields pages as `walk.TableSource` says."""
        start = {"ExclusiveStartKey": decode_key(cursor)} if cursor else {}
        while True:
            answer = self.client.scan(
                TableName=self.name,
                ConsistentRead=True,
                Segment=segment,
                TotalSegments=total_segments,
                ReturnConsumedCapacity="TOTAL",
                **start,
            )
            last = answer.get("LastEvaluatedKey")
            entries = [self._entry(item) for item in answer["Items"]]
            yield Page(entries=entries, cursor=encode_key(last) if last else None)
            if not last:
                return
            start = {"ExclusiveStartKey": last}
            self._budget.spend(float(answer.get("ConsumedCapacity", {}).get("CapacityUnits", 0)))

    def check_same(self) -> None:
        """Raises Trouble when it was made anew since it was opened."""
        check_same("table", self.name, self.identity["table_id"], table_id(self.client, self.name))

    def now(self) -> int:
        """Reads DynamoDB's clock, in microseconds since the epoch. Raises ItemReadError for no Date."""
        return server_time(self.client.describe_table(TableName=self.name))

    def _entry(self, item: dict[str, Any]) -> Entry:
        try:
            key = {name: item[name] for name in self.key_types}
        except KeyError as error:
            raise OpsError(f"An item of {self.name} lacks its key attribute {error}.") from None
        identifier = document_id(key)
        return Entry(identifier, item_digest(item), encode_key(key) if is_hashed(identifier) else "")
