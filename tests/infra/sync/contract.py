"""What the sync exports, what its roles reach in the collection, and what rings for it."""

from __future__ import annotations

from tests.infra.contracts import Access, Exports

CONSUMERS = {"sync_dynamodb_stream", "sync_kinesis_stream"}
INDEX, OTHER = "index/lab-search/lab-table-dynamodb-stream", "index/lab-search/lab-table-kinesis-stream"
WRITING = ["aoss:DescribeIndex", "aoss:UpdateIndex", "aoss:WriteDocument"]
MAKING = ["aoss:CreateIndex", "aoss:DescribeIndex", "aoss:UpdateIndex"]
ALIASING = ["aoss:CreateCollectionItems", "aoss:DescribeCollectionItems", "aoss:UpdateCollectionItems"]

EXPORTS: Exports = {
    "reader_alias": None,
    **dict.fromkeys(("indexes", "dead_letter_queues", "failure_destinations", "event_source_mappings"), CONSUMERS),
    "images": CONSUMERS | {"replicate"},
    "functions": CONSUMERS | {"replicate", "second_delete"},
    "second_delete_queue_url": None,
    "second_delete_dead_letter_queue_url": None,
    "second_delete_dead_letter_queue_arn": None,
}

ACCESS: Access = {
    "sync-dynamodb-stream-access": [([INDEX], WRITING, "sync-dynamodb-stream")],
    "sync-kinesis-stream-access": [([OTHER], WRITING, "sync-kinesis-stream")],
    "sync-dynamodb-stream-index-access": [
        ([INDEX], MAKING, "sync-dynamodb-stream-index"),
        (["collection/lab-search"], ALIASING, "sync-dynamodb-stream-index"),
    ],
    "sync-kinesis-stream-index-access": [([OTHER], MAKING, "sync-kinesis-stream-index")],
    "replicate-access": [([INDEX, OTHER], WRITING, "replicate")],
    "second-delete-access": [([INDEX, OTHER], [*WRITING[:1], "aoss:ReadDocument", *WRITING[1:]], "second-delete")],
}

ALARMS: set[str] = {
    f"{consumer}-alarms-{suffix}"
    for consumer in ("sync-dynamodb-stream", "sync-kinesis-stream")
    for suffix in ("iterator-age", "errors", "throttles", "dead-letters", "given-up", "dropped", "future-versions")
} | {"second-delete-alarms-waiting-deletes", "second-delete-alarms-dead-deletes"}
