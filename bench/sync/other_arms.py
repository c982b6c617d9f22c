"""What users write today, from the same parsed events as the handlers get.

Each has one client, kept open, and no retry or error handling beyond its library's own.
"""

import functools
import json
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

from bench.sync.arm import Batches, Target, cut
from bench.sync.documents import Change
from bench.sync.events import NOTHING_FAILED, dynamodb_events

FEW = 50
"""Documents in a batch of those that write one by one: it takes them as long as others need for a thousand."""


def one_request_per_document(changes: Sequence[Change], target: Target, now: float) -> Batches:
    """Runs a workshop's loop: deserialize, then index or delete, one by one."""
    client, records = _client(target), stream_records(changes, now)

    def run(batch: Sequence[Mapping[str, Any]]) -> None:
        for record in batch:
            _write_one(client, target.index_name, record)

    return [partial(run, batch) for batch in cut(records, FEW)]


def type_deserializer_helpers_bulk(changes: Sequence[Change], target: Target, now: float) -> Batches:
    """Runs boto3's deserializer and opensearch-py's bulk helper, with their defaults."""
    from opensearchpy import helpers

    client, records = _client(target), stream_records(changes, now)

    def run(batch: Sequence[Mapping[str, Any]]) -> None:
        helpers.bulk(client, (bulk_action(target.index_name, record) for record in batch))

    return [partial(run, batch) for batch in cut(records)]


def powertools_batch(changes: Sequence[Change], target: Target, now: float) -> Batches:
    """Runs Powertools' batch processor, with one call of the client a record."""
    from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
    from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord

    client = _client(target)
    processor = BatchProcessor(event_type=EventType.DynamoDBStreams)
    events = [{"Records": batch} for batch in cut(stream_records(changes, now), FEW)]

    def handle(record: DynamoDBRecord) -> None:
        assert record.dynamodb is not None
        key = record.dynamodb.keys["id"]
        if record.dynamodb.new_image:
            client.index(index=target.index_name, id=key, body=_json_ready(record.dynamodb.new_image))
        else:
            client.delete(index=target.index_name, id=key, ignore=404)

    def run(event: dict[str, Any]) -> None:
        answer = process_partial_response(event, record_handler=handle, processor=processor, context=None)
        assert answer == NOTHING_FAILED

    return [partial(run, event) for event in events]


def _client(target: Target) -> Any:
    from opensearchpy import OpenSearch

    return OpenSearch(hosts=[target.url], timeout=60)


def stream_records(changes: Sequence[Change], now: float) -> list[Mapping[str, Any]]:
    return [record for text in dynamodb_events(changes, now) for record in json.loads(text)["Records"]]


def _deserialized(record: Mapping[str, Any]) -> tuple[str, dict[str, Any] | None]:
    deserialize = _deserializer()
    body = record["dynamodb"]
    image = body.get("NewImage")
    document = None if image is None else {name: _json_ready(deserialize(value)) for name, value in image.items()}
    return deserialize(body["Keys"]["id"]), document


@functools.cache
def _deserializer() -> Callable[[Mapping[str, Any]], Any]:
    from boto3.dynamodb.types import TypeDeserializer

    deserialize: Callable[[Mapping[str, Any]], Any] = TypeDeserializer().deserialize
    return deserialize


def _json_ready(value: Any) -> Any:
    """Converts to what opensearch-py can serialize: it knows neither sets nor, exactly, decimals."""
    if isinstance(value, dict):
        return {name: _json_ready(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_json_ready(part) for part in value]
    if isinstance(value, set):
        return sorted(value)
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


def bulk_action(index: str, record: Mapping[str, Any]) -> dict[str, Any]:
    key, document = _deserialized(record)
    if document is None:
        return {"_op_type": "delete", "_index": index, "_id": key}
    return {"_op_type": "index", "_index": index, "_id": key, "_source": document}


def _write_one(client: Any, index: str, record: Mapping[str, Any]) -> None:
    key, document = _deserialized(record)
    if document is None:
        client.delete(index=index, id=key, ignore=404)
    else:
        client.index(index=index, id=key, body=document)
