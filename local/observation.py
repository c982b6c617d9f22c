"""Counts items in the table, documents in each index, and messages in each dead-letter queue."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests

from local.services.aws_client import aws_client
from local.services.ministack import REGION


@dataclass(frozen=True, kw_only=True)
class Observation:
    """Counts; documents and dead letters by consumer. -1: the service doesn't answer."""

    items: int
    documents: dict[str, int]
    dead_letters: dict[str, int]


class Observer:
    """Counts as often as asked; its clients are made once."""

    def __init__(self, outputs: Mapping[str, Any]) -> None:
        self._outputs = outputs
        self._dynamodb = aws_client(outputs["aws_endpoint_url"], REGION, "dynamodb")
        self._sqs = aws_client(outputs["aws_endpoint_url"], REGION, "sqs")

    def look(self) -> Observation:
        """Looks once."""
        outputs = self._outputs
        return Observation(
            items=count_items(self._dynamodb, outputs["table_name"]),
            documents={
                consumer: count_documents(outputs["opensearch_url"], index)
                for consumer, index in outputs["indexes"].items()
            },
            dead_letters={
                consumer: count_messages(self._sqs, url) for consumer, url in outputs["dead_letter_queues"].items()
            },
        )


def count_items(dynamodb: Any, table_name: str) -> int:
    """Counts the table's items, by scanning it."""
    pages = dynamodb.get_paginator("scan").paginate(TableName=table_name, Select="COUNT", ConsistentRead=True)
    return sum(page["Count"] for page in pages)


def count_documents(url: str, index: str) -> int:
    """Counts the documents that a search sees (so at most a refresh old); -1 when the node doesn't answer."""
    try:
        answer = requests.get(f"{url}/{index}/_count", timeout=5)
        return int(answer.json()["count"])
    except (requests.RequestException, KeyError, ValueError):
        return -1


def count_messages(sqs: Any, url: str) -> int:
    """Counts the messages in a queue, with those that a reader has received and not deleted."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(attributes[name]) for name in names)
