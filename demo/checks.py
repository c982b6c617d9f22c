"""Looks at what a stack shows: a search, documents by their ids, what is parked."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

import requests

from demo.flights import FlightChange
from demo.load import ItemApi
from demo.proof import whole
from local.services.aws_client import aws_client
from local.services.ministack import REGION

PATIENCE_SECONDS = 30.0


def late_flights(items: Sequence[FlightChange]) -> list[str]:
    """Returns ids of the flights to Los Angeles that landed more than an hour late: what the search has to find."""
    latest = {change.flight_id: change.item for change in items}
    return sorted(
        flight_id
        for flight_id, item in latest.items()
        if item and item["destination"] == "LAX" and item.get("arrival_delay_minutes", 0) > 60
    )


def search_late_flights(api: ItemApi) -> list[dict[str, Any]]:
    """Asks the index the same question, through the API."""
    answer = search(api, q="Los Angeles", where="arrival_delay_minutes>60", sort="-arrival_delay_minutes", size="50")
    return [hit["item"] for hit in answer["items"]]


def search(api: ItemApi, **query: str) -> dict[str, Any]:
    """Gives the API's answer to a search."""
    answer: dict[str, Any] = api.request("GET", f"/search?{urlencode(query, quote_via=quote)}", expect=[200])
    return answer


def wait_for(condition: Callable[[], object], timeout_seconds: float = PATIENCE_SECONDS) -> bool:
    """Asks until it is so; False after the time."""
    deadline = time.monotonic() + timeout_seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def document(outputs: Mapping[str, Any], index: str, document_id: str) -> dict[str, Any] | None:
    """Reads a document by its id, as of now; None when it doesn't exist."""
    answer = requests.get(f"{outputs['opensearch_url']}/{index}/_doc/{quote(document_id, safe='')}", timeout=10).json()
    return whole(answer["_source"]) if answer.get("found") else None


def in_every_index(outputs: Mapping[str, Any], document_id: str, is_right: Callable[[Any], bool]) -> bool:
    """Returns True as soon as each index's document (None: absent) is right."""
    return wait_for(
        lambda: all(is_right(document(outputs, index, document_id)) for index in outputs["indexes"].values())
    )


def parked_messages(outputs: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Reads all that is in each dead-letter queue, and gives it back."""
    sqs = aws_client(outputs["aws_endpoint_url"], REGION, "sqs")
    return {consumer: _messages(sqs, url) for consumer, url in outputs["dead_letter_queues"].items()}


def _messages(sqs: Any, url: str) -> list[dict[str, Any]]:
    """Holds what it has read until the queue gives nothing more: an answer has ten messages at most."""
    held: list[dict[str, Any]] = []
    while found := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=60).get("Messages"):
        held += found
    for message in held:
        sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
    return [json.loads(message["Body"]) for message in held]
