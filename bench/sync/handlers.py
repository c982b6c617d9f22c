"""The two handlers as the benchmark runs them: bound as in production, except that the table is in memory.

A table is asked only where two changes of an item fall into one second of the Streams path's clock; what DynamoDB
would take for that is not measured here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from functools import partial
from typing import Any

from bench.sync.documents import Change
from bench.sync.events import TABLE, dynamodb_events, kinesis_events
from changefeed.consumer import consumer_pipeline
from changefeed.decode.change_record import AttributeMap, ChangeRecord
from changefeed.decode.dynamodb_record import decode_dynamodb_record
from changefeed.decode.kinesis_record import decode_kinesis_record
from changefeed.environment import ConsumerEnvironment
from changefeed.errors import RecordError
from changefeed.pipeline import Pipeline
from changefeed.plan.document_id import document_id
from changefeed.write.bulk_post import SendBulk, posting
from changefeed.write.bulk_writer import ReadItems

TRUST_FOR_EVER = 1e10
"""Seconds."""


class Feed(StrEnum):
    """A consumer, by its image's name."""

    DYNAMODB_STREAM = "sync_dynamodb_stream"
    KINESIS_STREAM = "sync_kinesis_stream"

    @property
    def decode(self) -> Callable[[Mapping[str, Any]], ChangeRecord]:
        """The decoder that its handler binds."""
        decode = decode_kinesis_record if self is Feed.KINESIS_STREAM else decode_dynamodb_record
        return partial(decode, table_name=TABLE)

    @property
    def events(self) -> Callable[[Sequence[Change], float], list[str]]:
        """The JSON of its events."""
        return kinesis_events if self is Feed.KINESIS_STREAM else dynamodb_events


def environment(url: str, index: str) -> dict[str, str]:
    """Makes the environment of a sync function."""
    return {
        "OPENSEARCH_ENDPOINT": url,
        "OPENSEARCH_INDEX": index,
        "AWS_REGION": "eu-west-1",
        "TABLE_NAME": TABLE,
        "PARKING_QUEUE_URL": "https://queue",
        "SECOND_DELETE_QUEUE_URL": "https://queue",
    }


def bench_handler(feed: Feed, url: str, index: str, changes: Sequence[Change]) -> Pipeline:
    """Makes a handler for an index; its table holds what the changes leave."""
    pipeline = _pipeline(feed, url, index)
    return replace(pipeline, write=replace(pipeline.write, read_items=_table_of(changes)))


def stubbed_handler(feed: Feed, send: SendBulk) -> Pipeline:
    """Makes a handler whose requests go nowhere."""
    pipeline = _pipeline(feed, "http://127.0.0.1:9", "i")
    # However long a measurement takes: an image that became too old would have to be read from a table.
    return replace(
        pipeline,
        write=replace(pipeline.write, post=posting(send), trust_seconds=TRUST_FOR_EVER),
    )


def _pipeline(feed: Feed, url: str, index: str) -> Pipeline:
    settings = ConsumerEnvironment.from_env(environment(url, index))
    pipeline = consumer_pipeline(feed.decode, settings, fold_whole=feed is Feed.DYNAMODB_STREAM)
    return replace(pipeline, delete_again=lambda _: None)  # a message a batch, and no request to the index


def _table_of(changes: Sequence[Change]) -> ReadItems:
    items = {document_id(change.key): change.image for change in changes}

    def read_items(
        keys: Mapping[str, AttributeMap],
        seconds_left: Callable[[], float],  # noqa: ARG001
    ) -> Mapping[str, AttributeMap | RecordError | None]:
        return {key: items[key] for key in keys}

    return read_items
