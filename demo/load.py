"""Writes the flights' changes: the first ones through the API by HTTP, the rest by boto3 batches, in time order."""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import requests
from requests_aws4auth import AWS4Auth

from demo.flights import FlightChange, Kind
from demo.item_json import to_item
from demo.lag import LagMeter
from local.errors import LocalStackError
from local.services.ministack import REGION
from ops.batch_write import MOST_REQUESTS, write_all


class ItemApi:
    """Calls the stack's API with signed requests, as its default authorisation wants them."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._session = requests.Session()
        self._session.auth = AWS4Auth("test", "test", REGION, "execute-api")

    def request(self, method: str, path: str, *, expect: Sequence[int], **options: Any) -> Any:
        """Sends one request. Returns the JSON answer; raises LocalStackError for an unexpected status."""
        answer = self._session.request(method, self._url + path, timeout=60, **options)
        if answer.status_code not in expect:
            raise LocalStackError(f"{method} {path} answered {answer.status_code}: {answer.text[:300]}")
        return answer.json() if answer.content else None


def write_by_api(api: ItemApi, change: FlightChange, meter: LagMeter) -> None:
    """Sends one request: POST (PUT where an earlier demo has left the item), PATCH or DELETE."""
    if change.kind is Kind.INSERT:
        answer = api.request("POST", "/items", json=change.item, expect=[201, 409])
        if "error" in answer:
            api.request("PUT", f"/items/{change.flight_id}", json=change.item, expect=[200])
    elif change.kind is Kind.MODIFY:
        body = {name: float(value) if name == "air_time_hours" else value for name, value in change.changed.items()}
        api.request("PATCH", f"/items/{change.flight_id}", json=body, expect=[200])
    else:
        api.request("DELETE", f"/items/{change.flight_id}", expect=[204])
    meter.wrote(change.flight_id, None if change.item is None else change.number)


def write_by_batches(
    dynamodb: Any,
    table_name: str,
    changes: Sequence[FlightChange],
    meter: LagMeter,
    *,
    changes_per_second: float,
    after_batch: Callable[[int], None],
) -> None:
    """Writes batches at a steady rate. `after_batch` gets how many changes are written."""
    started = time.monotonic()
    written = 0
    for batch in batches(changes):
        write_all(dynamodb, table_name, [_write_request(change) for change in batch])
        for change in batch:
            meter.wrote(change.flight_id, None if change.item is None else change.number)
        written += len(batch)
        after_batch(written)
        time.sleep(max(0.0, started + written / changes_per_second - time.monotonic()))


def batches(changes: Sequence[FlightChange]) -> Iterator[list[FlightChange]]:
    """Yields up to 25 changes in a row; a batch can't hold two of one item."""
    batch: list[FlightChange] = []
    for change in changes:
        if len(batch) == MOST_REQUESTS or any(other.flight_id == change.flight_id for other in batch):
            yield batch
            batch = []
        batch.append(change)
    if batch:
        yield batch


def _write_request(change: FlightChange) -> dict[str, Any]:
    if change.item is None:
        return {"DeleteRequest": {"Key": {"id": {"S": change.flight_id}}}}
    return {"PutRequest": {"Item": to_item(change.item)}}
