"""What the demo shows after the load: a search, an update and a delete, a poison item; each is checked, not told."""

import json
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import requests

from demo.batch_write import write_all
from demo.flights import FlightChange
from demo.item_json import to_item
from demo.load import ItemApi
from local.services.aws_client import aws_client
from local.services.ministack import REGION

PATIENCE_SECONDS = 30.0


@dataclass(frozen=True, kw_only=True)
class PoisonIds:
    """Ids of one run's own: what an earlier run has left in table and queues proves nothing."""

    poison: str
    neighbours: tuple[str, str]

    @classmethod
    def new(cls) -> "PoisonIds":
        """Fresh ones."""
        run = uuid.uuid4().hex[:8]
        return cls(poison=f"demo-poison-{run}", neighbours=(f"demo-before-{run}", f"demo-after-{run}"))


def late_flights(items: Sequence[FlightChange]) -> list[str]:
    """Ids of the flights to Los Angeles that landed more than an hour late: what the search has to find."""
    latest = {change.flight_id: change.item for change in items}
    return sorted(
        flight_id
        for flight_id, item in latest.items()
        if item and item["destination"] == "LAX" and item.get("arrival_delay_minutes", 0) > 60
    )


def search_late_flights(api: ItemApi) -> list[dict[str, Any]]:
    """The same question asked of the index, through the API."""
    query = {"q": "Los Angeles", "where": "arrival_delay_minutes>60", "sort": "-arrival_delay_minutes", "size": "50"}
    answer = api.request("GET", f"/search?{urlencode(query, quote_via=quote)}", expect=[200])
    return [hit["item"] for hit in answer["items"]]


def wait_for(condition: Callable[[], object], timeout_seconds: float = PATIENCE_SECONDS) -> bool:
    """Ask until it is so; False after the time."""
    deadline = time.monotonic() + timeout_seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def document(outputs: Mapping[str, Any], index: str, document_id: str) -> dict[str, Any] | None:
    """A document by its id, as of now; None when it isn't there."""
    answer = requests.get(f"{outputs['opensearch_url']}/{index}/_doc/{quote(document_id, safe='')}", timeout=10).json()
    source: dict[str, Any] | None = answer.get("_source")
    return source


def in_every_index(outputs: Mapping[str, Any], document_id: str, is_right: Callable[[Any], bool]) -> bool:
    """True as soon as each index's document (None: absent) is right."""
    return wait_for(
        lambda: all(is_right(document(outputs, index, document_id)) for index in outputs["indexes"].values())
    )


def write_poison(outputs: Mapping[str, Any], good: dict[str, Any], ids: PoisonIds) -> None:
    """A flight whose destination is a map where all others have a text, between two good ones, in one batch."""
    rows = [
        good | {"id": ids.neighbours[0]},
        good | {"id": ids.poison, "destination": {"code": "LAX"}},
        good | {"id": ids.neighbours[1]},
    ]
    dynamodb = aws_client(outputs["aws_endpoint_url"], REGION, "dynamodb")
    write_all(dynamodb, outputs["table_name"], [{"PutRequest": {"Item": to_item(dict(row))}} for row in rows])


def parked_messages(outputs: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """What lies in each dead-letter queue; looked at without taking it away."""
    sqs = aws_client(outputs["aws_endpoint_url"], REGION, "sqs")
    return {
        consumer: [
            json.loads(message["Body"])
            for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0).get(
                "Messages", []
            )
        ]
        for consumer, url in outputs["dead_letter_queues"].items()
    }
