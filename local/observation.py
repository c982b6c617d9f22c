"""What there is now: items in the table, documents in each index, messages in each dead-letter queue."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests

from local.aws_client import aws_client
from local.ministack import REGION


@dataclass(frozen=True, kw_only=True)
class Observation:
    """Counts; documents and dead letters by consumer. -1: the service doesn't answer."""

    items: int
    documents: dict[str, int]
    dead_letters: dict[str, int]


def observe(outputs: Mapping[str, Any]) -> Observation:
    """Look once."""
    endpoint = outputs["aws_endpoint_url"]
    sqs = aws_client(endpoint, REGION, "sqs")
    return Observation(
        items=count_items(endpoint, outputs["table_name"]),
        documents={
            consumer: count_documents(outputs["opensearch_url"], index)
            for consumer, index in outputs["indexes"].items()
        },
        dead_letters={consumer: count_messages(sqs, url) for consumer, url in outputs["dead_letter_queues"].items()},
    )


def count_items(endpoint: str, table_name: str) -> int:
    """Items of the table, by scanning it."""
    pages = aws_client(endpoint, REGION, "dynamodb").get_paginator("scan")
    return sum(page["Count"] for page in pages.paginate(TableName=table_name, Select="COUNT", ConsistentRead=True))


def count_documents(url: str, index: str) -> int:
    """Documents that a search sees (so at most a refresh old); -1 when the node doesn't answer."""
    try:
        answer = requests.get(f"{url}/{index}/_count", timeout=5)
        return int(answer.json()["count"])
    except (requests.RequestException, KeyError, ValueError):
        return -1


def count_messages(sqs: Any, url: str) -> int:
    """Messages in a queue, those that somebody is looking at included."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(attributes[name]) for name in names)
