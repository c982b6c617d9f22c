"""Runs boto3's TypeDeserializer and opensearch-py's bulk helper without a network: their CPU alone."""

import base64
import json
import time
from collections.abc import Callable, Sequence
from typing import Any

from bench.sync.documents import Change
from bench.sync.handlers import Feed
from bench.sync.other_arms import bulk_action, stream_records
from bench.sync.workload import answer_of


def stubbed_helpers_bulk(feed: Feed, changes: Sequence[Change]) -> Callable[[], object]:
    """Makes the arm `type_deserializer_helpers_bulk` with a stub for a connection, from either feed's events."""
    from opensearchpy import Connection, OpenSearch, helpers

    class Stub(Connection):  # type: ignore[misc]  # opensearch-py is not followed by mypy
        """A connection that accepts everything."""

        def perform_request(self, *request: Any, **_: Any) -> Any:
            """Gives status, headers and body. The request is method, URL, parameters and body."""
            body = request[3]
            return 200, {"content-type": "application/json"}, answer_of(body.count(b"\n") // 2).decode()

    client = OpenSearch(hosts=["http://127.0.0.1:9"], connection_class=Stub)
    if feed is Feed.DYNAMODB_STREAM:
        records = stream_records(changes, time.time())
        return lambda: helpers.bulk(client, (bulk_action("bench", record) for record in records))
    data = [
        record["kinesis"]["data"]
        for text in feed.events(changes, time.time())
        for record in json.loads(text)["Records"]
    ]
    return lambda: helpers.bulk(client, (bulk_action("bench", json.loads(base64.b64decode(text))) for text in data))
