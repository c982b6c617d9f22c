"""The deletes that are sent again: queue, function and mapping in the graph."""

from __future__ import annotations

import json

from tests.infra import resource_types as types
from tests.infra.conftest import Deploy
from tests.infra.variants import VARIANTS

HOST = "https://sqs.eu-central-1.amazonaws.com/123456789012/"
ARN = "arn:aws:sqs:eu-central-1:123456789012:"


def test_it_runs_the_backfills_image_with_another_command(deploy: Deploy) -> None:
    graph = deploy(VARIANTS["images from elsewhere"])

    function, backfill = (graph.one(types.FUNCTION, name).inputs for name in ("second-delete", "replicate"))
    assert function["imageUri"] == backfill["imageUri"]
    assert function["imageConfig"] == {"commands": ["replicate.second_delete.handler"]}
    assert function["role"] != backfill["role"]


def test_its_environment_is_the_contract(deploy: Deploy) -> None:
    variables = dict(deploy().one(types.FUNCTION, "second-delete").inputs["environment"]["variables"])

    assert json.loads(variables.pop("INDEXES")) == ["lab-table-dynamodb-stream", "lab-table-kinesis-stream"]
    assert variables == {
        "OPENSEARCH_ENDPOINT": "https://0lab-search.eu-central-1.aoss.amazonaws.com",
        "TABLE_NAME": "lab-table",
    }


def test_messages_wait_as_long_as_sqs_lets_them_and_are_given_up_into_a_queue_that_waits_for_nothing(
    deploy: Deploy,
) -> None:
    graph = deploy({"name_prefix": "p-"})

    queue, dead = (graph.one(types.QUEUE, f"second-delete-{name}").inputs for name in ("queue", "dead-letters"))
    assert (queue["name"], dead["name"]) == ("p-second-deletes", "p-second-deletes-dead-letters")
    assert (queue["delaySeconds"], dead["delaySeconds"]) == (900, 0)
    assert (queue["visibilityTimeoutSeconds"], dead["messageRetentionSeconds"]) == (360, 14 * 24 * 3600)
    assert json.loads(queue["redrivePolicy"]) == {
        "deadLetterTargetArn": f"{ARN}p-second-deletes-dead-letters",
        "maxReceiveCount": 10,
    }


def test_no_other_queue_has_a_delay(deploy: Deploy) -> None:
    delayed = [entry.name for entry in deploy().all(types.QUEUE) if entry.inputs["delaySeconds"] != 0]

    assert delayed == ["second-delete-queue"]


def test_settings_reach_queue_function_and_alarm(deploy: Deploy) -> None:
    graph = deploy({"second_delete": {"delay_seconds": 60, "timeout_seconds": 10, "memory_mb": 256}})

    assert graph.one(types.QUEUE, "second-delete-queue").inputs["delaySeconds"] == 60
    function = graph.one(types.FUNCTION, "second-delete").inputs
    assert (function["timeout"], function["memorySize"]) == (10, 256)
    alarm = graph.one(types.ALARM, "second-delete-alarms-waiting-deletes").inputs
    assert alarm["threshold"] == 60 + 2 * 60, "the delay, and two attempts that failed"


def test_queue_is_there_before_the_consumers_and_its_function_is_not_waited_for(deploy: Deploy) -> None:
    graph = deploy()

    queue, function = graph.one(types.QUEUE, "second-delete-queue"), graph.one(types.FUNCTION, "second-delete")
    for consumer in ("sync-dynamodb-stream", "sync-kinesis-stream"):
        before = graph.upstream(graph.one(types.FUNCTION, consumer))
        assert queue.urn in before
        assert function.urn not in before


def test_function_waits_for_every_index(deploy: Deploy) -> None:
    graph = deploy()

    before = graph.upstream(graph.one(types.FUNCTION, "second-delete"))
    assert {entry.urn for entry in graph.all(types.INVOCATION)} <= before


def test_operators_find_the_queues_among_the_exports(deploy: Deploy) -> None:
    exports = deploy().exports

    assert exports["second_delete_queue_url"] == f"{HOST}second-deletes"
    assert exports["second_delete_dead_letter_queue_url"] == f"{HOST}second-deletes-dead-letters"
    assert exports["second_delete_dead_letter_queue_arn"] == f"{ARN}second-deletes-dead-letters"
