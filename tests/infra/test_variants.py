"""What each configuration branch changes in the graph."""

from __future__ import annotations

import dataclasses
import json

from infra.api.refusals import REFUSALS, fingerprint
from infra.api.routes import ROUTES
from infra.base.names import bounded_name
from table_api.problem import throttled
from table_api.request import ITEM, ITEMS, SEARCH, UNKNOWN
from table_api.routes import ITEM_ROUTES
from tests.infra import resource_types as types
from tests.infra.conftest import Deploy
from tests.infra.variants import PRIVATE_NETWORK, VARIANTS

ENDPOINT = "aws:opensearch/serverlessVpcEndpoint:ServerlessVpcEndpoint"


def test_provisioned_table_and_stream_have_capacities(deploy: Deploy) -> None:
    graph = deploy(VARIANTS["provisioned"])

    table, stream = graph.one(types.TABLE, "source-table").inputs, graph.one(types.STREAM).inputs
    assert (table["billingMode"], table["readCapacity"], table["writeCapacity"]) == ("PROVISIONED", 5, 6)
    assert (stream["streamModeDetails"]["streamMode"], stream["shardCount"]) == ("PROVISIONED", 2)


def test_on_demand_table_and_stream_have_none(deploy: Deploy) -> None:
    graph = deploy()

    table, stream = graph.one(types.TABLE, "source-table").inputs, graph.one(types.STREAM).inputs
    assert table["billingMode"] == "PAY_PER_REQUEST"
    assert not {"readCapacity", "writeCapacity"} & set(table)
    assert stream["streamModeDetails"]["streamMode"] == "ON_DEMAND"
    assert "shardCount" not in stream


def test_table_is_encrypted_recoverable_and_undeletable(deploy: Deploy) -> None:
    table = deploy().one(types.TABLE, "source-table").inputs

    assert table["serverSideEncryption"] == {"enabled": True}
    assert table["pointInTimeRecovery"] == {"enabled": True}
    assert table["deletionProtectionEnabled"] is True
    assert (table["hashKey"], table["attributes"]) == ("id", [{"name": "id", "type": "S"}])


def test_private_network_moves_collection_and_functions_into_the_vpc(deploy: Deploy) -> None:
    graph = deploy(VARIANTS["private network"])

    endpoint = graph.one(ENDPOINT)
    assert endpoint.inputs["vpcId"] == PRIVATE_NETWORK["vpc_id"]
    network = next(e.inputs for e in graph.all(types.SECURITY_POLICY) if e.inputs["type"] == "network")
    assert json.loads(network["policy"])[0]["SourceVPCEs"] == ["search-endpoint-id"]
    for function in graph.all(types.FUNCTION):
        assert function.inputs["vpcConfig"]["subnetIds"] == PRIVATE_NETWORK["subnet_ids"]


def test_public_network_has_neither_endpoint_nor_attached_functions(deploy: Deploy) -> None:
    graph = deploy()

    assert graph.all(ENDPOINT) == []
    assert all("vpcConfig" not in function.inputs for function in graph.all(types.FUNCTION))


def test_bucket_destination_is_what_the_mapping_reports_to(deploy: Deploy) -> None:
    graph = deploy({"consumers": {"sync_kinesis_stream": {"failure_destination": "s3"}}})

    reported = {
        entry.name: entry.inputs["destinationConfig"]["onFailure"]["destinationArn"]
        for entry in graph.all(types.MAPPING)
    }
    assert reported["sync-kinesis-stream-mapping"] == "arn:aws:s3:::sync-kinesis-stream-failures-1a2b3c4"
    assert reported["sync-dynamodb-stream-mapping"].startswith("arn:aws:sqs:")
    assert graph.exports["failure_destinations"]["sync_kinesis_stream"] == reported["sync-kinesis-stream-mapping"]
    # Parked records go to the queue all the same.
    assert {"sync-dynamodb-stream-dead-letters", "sync-kinesis-stream-dead-letters"} <= {
        entry.name for entry in graph.all(types.QUEUE)
    }


def test_key_authorization_adds_a_key_and_a_throttled_plan(deploy: Deploy) -> None:
    graph = deploy({"api": {"authorization": "api_key", "throttle_rate": 7, "throttle_burst": 9}})

    plan = graph.one("aws:apigateway/usagePlan:UsagePlan").inputs
    assert plan["throttleSettings"] == {"rateLimit": 7, "burstLimit": 9}
    assert plan["apiStages"] == [{"apiId": "api-id", "stage": "v1"}]
    graph.one("aws:apigateway/usagePlanKey:UsagePlanKey")
    assert {entry.inputs["apiKeyRequired"] for entry in graph.all(types.METHOD)} == {True}


def test_change_of_authorization_makes_a_new_deployment(deploy: Deploy) -> None:
    signed, keyed = deploy(), deploy(VARIANTS["api key"])

    assert signed.one(types.DEPLOYMENT).inputs["triggers"] != keyed.one(types.DEPLOYMENT).inputs["triggers"]


def test_account_log_role_can_be_left_to_another_stack(deploy: Deploy) -> None:
    account = "aws:apigateway/account:Account"

    assert deploy().one(account).retain_on_delete
    assert deploy({"api": {"account_log_role": False}}).all(account) == []


def test_alarms_tell_the_topic_of_alarm_and_all_clear(deploy: Deploy) -> None:
    alarms = deploy(VARIANTS["readers and alarms"]).all(types.ALARM)

    topic = ["arn:aws:sns:eu-central-1:123456789012:alarms"]
    assert {(tuple(e.inputs["alarmActions"]), tuple(e.inputs["okActions"])) for e in alarms} == {(*[tuple(topic)] * 2,)}


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
        "TRUST_SECONDS": "30",
    }


def test_environment_of_the_backfill_names_every_consumers_index_and_queue(deploy: Deploy) -> None:
    variables = deploy().one(types.FUNCTION, "replicate").inputs["environment"]["variables"]

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


def test_registry_password_is_a_secret_of_each_build(deploy: Deploy) -> None:
    for entry in deploy().all(types.IMAGE):
        [registry] = entry.inputs["registries"]
        assert (registry["username"], registry["password"]) == ("AWS", "registry-password")


def test_api_has_the_functions_routes_and_a_catch_all_on_every_path() -> None:
    served = {(path, method) for path, methods in ITEM_ROUTES.items() for method in methods} | {(SEARCH, "GET")}
    explicit = {(route.path.replace("{id+}", "{id}"), route.method) for route in ROUTES if route.method != "ANY"}

    assert explicit == served
    assert {route.path for route in ROUTES if route.method == "ANY"} == {ITEMS, "/items/{id+}", SEARCH, UNKNOWN, "/"}
    assert ITEM == "/items/{id}"


def test_refusals_of_the_gateway_and_of_the_function_agree_on_codes_and_waiting(deploy: Deploy) -> None:
    refusals = {entry.inputs["responseType"]: entry.inputs for entry in deploy().all(types.REFUSAL)}

    assert f'"code":"{throttled("").code}"' in refusals["THROTTLED"]["responseTemplates"]["application/json"]
    waiting = refusals["THROTTLED"]["responseParameters"]["gatewayresponse.header.Retry-After"]
    assert waiting == f"'{throttled('').headers['Retry-After']}'"
    assert '"request_id":"$context.requestId"' in refusals["DEFAULT_5XX"]["responseTemplates"]["application/json"]
    assert {
        "BAD_REQUEST_BODY",
        "BAD_REQUEST_PARAMETERS",
        "REQUEST_TOO_LARGE",
        "MISSING_AUTHENTICATION_TOKEN",
        "UNAUTHORIZED",
        "ACCESS_DENIED",
        "INVALID_API_KEY",
    } <= set(refusals)


def test_a_changed_refusal_makes_a_new_deployment(deploy: Deploy) -> None:
    before = deploy().one(types.DEPLOYMENT).inputs["triggers"]["refusals"]

    assert before == fingerprint(REFUSALS)
    for changed in ({"hint": "x"}, {"code": "x"}, {"retry_after_seconds": 9}):
        assert fingerprint([dataclasses.replace(REFUSALS[0], **changed), *REFUSALS[1:]]) != before


def test_bodies_are_validated_as_objects(deploy: Deploy) -> None:
    graph = deploy()

    with_body = {e.name for e in graph.all(types.METHOD) if "Item" in e.inputs.get("requestModels", {}).values()}
    assert with_body == {f"api-routes-{name}" for name in ("post-items", "put-items-id", "patch-items-id")}
    assert json.loads(graph.one(types.MODEL, "api-routes-item-model").inputs["schema"])["type"] == "object"
    assert graph.one("aws:apigateway/requestValidator:RequestValidator").inputs["validateRequestBody"] is True


def test_long_names_are_cut_and_stay_different() -> None:
    first, second = (bounded_name("a" * 40 + end, limit=32) for end in ("1", "2"))

    assert len(first) == len(second) == 32
    assert first != second
    assert bounded_name("short", limit=32) == "short"
