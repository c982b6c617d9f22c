"""Consumers, indexes and the backfill in the graph."""

from __future__ import annotations

import json

from tests.infra import resource_types as types
from tests.infra.conftest import Deploy
from tests.infra.sync.rules import stream_mappings


def test_bucket_destination_is_what_the_mapping_reports_to(deploy: Deploy) -> None:
    graph = deploy({"consumers": {"sync_kinesis_stream": {"failure_destination": "s3"}}})

    reported = {
        entry.name: entry.inputs["destinationConfig"]["onFailure"]["destinationArn"] for entry in stream_mappings(graph)
    }
    assert reported["sync-kinesis-stream-mapping"] == "arn:aws:s3:::sync-kinesis-stream-failures-1a2b3c4"
    assert reported["sync-dynamodb-stream-mapping"].startswith("arn:aws:sqs:")
    assert graph.exports["failure_destinations"]["sync_kinesis_stream"] == reported["sync-kinesis-stream-mapping"]
    # Parked records go to the queue all the same.
    assert {"sync-dynamodb-stream-dead-letters", "sync-kinesis-stream-dead-letters"} <= {
        entry.name for entry in graph.all(types.QUEUE)
    }


def test_iterator_age_is_compared_in_milliseconds(deploy: Deploy) -> None:
    graph = deploy({"alarms": {"iterator_age_seconds": 90}})

    ages = [
        entry.inputs["threshold"] for entry in graph.all(types.ALARM) if entry.inputs.get("metricName") == "IteratorAge"
    ]
    assert ages == [90_000, 90_000]


def test_environment_of_a_consumer_is_the_contract(deploy: Deploy) -> None:
    variables = deploy().one(types.FUNCTION, "sync-kinesis-stream").inputs["environment"]["variables"]

    assert variables == {
        "OPENSEARCH_ENDPOINT": "https://0lab-search.eu-central-1.aoss.amazonaws.com",
        "OPENSEARCH_INDEX": "lab-table-kinesis-stream",
        "TABLE_NAME": "lab-table",
        "PARKING_QUEUE_URL": "https://sqs.eu-central-1.amazonaws.com/123456789012/sync-data-with-kinesis-stream-dead-letters",
        "SECOND_DELETE_QUEUE_URL": "https://sqs.eu-central-1.amazonaws.com/123456789012/second-deletes",
        "TRUST_SECONDS": "30",
    }


def test_environment_of_the_backfill_names_every_consumers_index_and_queue(deploy: Deploy) -> None:
    variables = dict(deploy().one(types.FUNCTION, "replicate").inputs["environment"]["variables"])

    queue = "https://sqs.eu-central-1.amazonaws.com/123456789012/sync-data-with-{}-stream-dead-letters"
    assert json.loads(variables.pop("CONSUMERS")) == {
        "sync_dynamodb_stream": {
            "index": "lab-table-dynamodb-stream",
            "parking_queue_url": queue.format("dynamodb"),
        },
        "sync_kinesis_stream": {"index": "lab-table-kinesis-stream", "parking_queue_url": queue.format("kinesis")},
    }
    assert variables == {
        "OPENSEARCH_ENDPOINT": "https://0lab-search.eu-central-1.aoss.amazonaws.com",
        "TABLE_NAME": "lab-table",
    }


def test_nothing_but_a_command_invokes_the_backfill(deploy: Deploy) -> None:
    graph = deploy()

    invokers = [*graph.all(types.MAPPING), *graph.all(types.INVOCATION), *graph.all("aws:lambda/permission:Permission")]
    named = {entry.inputs.get("functionName") or entry.inputs.get("function") for entry in invokers}
    assert "replicate" not in named
    assert graph.one(types.FUNCTION, "replicate").inputs["timeout"] == 120


def test_index_is_made_by_the_consumers_image_with_another_command(deploy: Deploy) -> None:
    graph = deploy()

    creator, consumer = (graph.one(types.FUNCTION, f"sync-dynamodb-stream{end}").inputs for end in ("-index", ""))
    assert creator["imageUri"] == consumer["imageUri"]
    assert creator["imageConfig"] == {"commands": ["changefeed.create_index.handler"]}
    assert "imageConfig" not in consumer


def test_only_the_table_streams_index_gets_the_reader_alias(deploy: Deploy) -> None:
    events = {entry.name: json.loads(entry.inputs["input"]) for entry in deploy().all(types.INVOCATION)}

    assert events["sync-dynamodb-stream-index-creation"]["alias"] == "lab-table"
    assert events["sync-kinesis-stream-index-creation"]["alias"] is None
    assert all(set(event["definition"]) >= {"mappings", "settings"} for event in events.values())
