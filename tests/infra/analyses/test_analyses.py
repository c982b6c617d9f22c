"""The asynchronous service in the graph: what each hop may do, what is told to whom, what the API sends."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import parse_qs, quote

import pytest

from infra.api.queue_answers import accepted_template, message_template
from infra.base.routes import LARGEST_REQUEST_BYTES
from scilearn.environment import AnalysisEnvironment, StatusEnvironment
from scilearn.pipe_event import message_of
from scilearn.request_schema import api_model
from tests.infra import resource_types as types
from tests.infra.analyses.variants import ACCESS_POINT
from tests.infra.conftest import Deploy
from tests.infra.privileges import COLLECTION, QUEUES, logs_of, rights
from tests.infra.variants import VARIANTS

STATUSES = "arn:aws:dynamodb:eu-central-1:123456789012:table/scilearn-status"
RESULTS = "arn:aws:s3:::analyses-results-1a2b3c4"
LAMBDA_SETS = {"AWS_REGION": "eu-central-1", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "2048"}
OFF, ELSEWHERE, FILES = (
    VARIANTS[name] for name in ("without analyses", "analyses reported elsewhere", "analyses of files")
)


def test_analysis_may_do_exactly_this(deploy: Deploy) -> None:
    assert rights(deploy(), "scilearn-policy") == {
        **logs_of("scilearn"),
        STATUSES: ["dynamodb:GetItem", "dynamodb:PutItem"],
        f"{RESULTS}/results/*": ["s3:PutObject"],
        COLLECTION: ["aoss:APIAccessAll"],
        f"{QUEUES}scilearn-successes": ["sqs:SendMessage"],
        f"{QUEUES}scilearn-failures": ["sqs:SendMessage"],
    }


def test_analysis_without_search_told_elsewhere_may_do_exactly_this(deploy: Deploy) -> None:
    assert rights(deploy(ELSEWHERE), "scilearn-policy") == {
        **logs_of("scilearn"),
        STATUSES: ["dynamodb:GetItem", "dynamodb:PutItem"],
        f"{RESULTS}/results/*": ["s3:PutObject"],
        ELSEWHERE["analyses"]["on_success"]: ["sns:Publish"],
        ELSEWHERE["analyses"]["on_failure"]: ["events:PutEvents"],
    }
    assert "scilearn-access" not in [entry.name for entry in deploy(ELSEWHERE).all(types.ACCESS_POLICY)]


@pytest.mark.parametrize(
    ("arn", "action"),
    [
        ("arn:aws:lambda:eu-central-1:123456789012:function:next", "lambda:InvokeFunction"),
        ("arn:aws:sqs:eu-central-1:123456789012:given", "sqs:SendMessage"),
    ],
)
def test_a_given_destination_is_used_and_no_queue_is_made(deploy: Deploy, arn: str, action: str) -> None:
    graph = deploy({"analyses": {"on_failure": arn}})

    assert rights(graph, "scilearn-policy")[arn] == [action]
    assert graph.one(types.INVOKE_CONFIG).inputs["destinationConfig"]["onFailure"] == {"destination": arn}
    assert graph.exports["analysis_failure_destination"] == arn
    assert "scilearn-failures" not in [entry.inputs["name"] for entry in graph.all(types.QUEUE)]


def test_inputs_and_file_system_add_just_their_own(deploy: Deploy) -> None:
    graph = deploy(FILES)
    known = rights(graph, "scilearn-policy")
    document = json.loads(graph.one(types.ROLE_POLICY, "scilearn-policy").inputs["policy"])

    assert known["arn:aws:s3:::my-data/inputs/*"] == known["arn:aws:s3:::more-data/*"] == ["s3:GetObject"]
    [mount] = [each for each in document["Statement"] if "elasticfilesystem:ClientMount" in each["Action"]]
    assert mount["Condition"] == {"StringEquals": {"elasticfilesystem:AccessPointArn": ACCESS_POINT}}
    function = graph.one(types.FUNCTION, "scilearn").inputs
    assert function["fileSystemConfig"] == {"arn": ACCESS_POINT, "localMountPath": "/".join(["", "mnt", "data"])}
    assert (function["ephemeralStorage"], function["reservedConcurrentExecutions"]) == ({"size": 2048}, 10)


def test_status_pipe_and_sender_may_do_exactly_this(deploy: Deploy) -> None:
    graph = deploy()

    assert rights(graph, "scilearn-status-policy") == {
        **logs_of("scilearn-status"),
        STATUSES: ["dynamodb:GetItem"],
        f"{RESULTS}/results/*": ["s3:GetObject"],
    }
    assert rights(graph, "scilearn-pipe-policy") == {
        f"{QUEUES}scilearn-requests": ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"],
    }
    assert rights(graph, "scilearn-pipe-invocation-policy") == {
        "arn:aws:lambda:eu-central-1:123456789012:function:scilearn": ["lambda:InvokeFunction"],
    }
    assert rights(graph, "scilearn-sender-policy") == {f"{QUEUES}scilearn-requests": ["sqs:SendMessage"]}


def test_status_function_is_the_same_image_with_another_command(deploy: Deploy) -> None:
    analysis, status = (deploy().one(types.FUNCTION, name).inputs for name in ("scilearn", "scilearn-status"))

    assert analysis["imageUri"] == status["imageUri"]
    assert status["imageConfig"] == {"commands": ["scilearn.status_handler.handler"]}
    assert "imageConfig" not in analysis


@pytest.mark.parametrize("variant", ["defaults", "analyses reported elsewhere", "analyses of files"])
def test_both_functions_take_the_environment_that_they_get(deploy: Deploy, variant: str) -> None:
    graph = deploy(VARIANTS[variant])
    analysis, status = (
        {**LAMBDA_SETS, **graph.one(types.FUNCTION, name).inputs["environment"]["variables"]}
        for name in ("scilearn", "scilearn-status")
    )

    read = AnalysisEnvironment.from_env(analysis)
    assert (read.status_table, read.results_bucket) == ("scilearn-status", "analyses-results-1a2b3c4")
    assert (read.kept_seconds, read.maximum_tries) == (30 * 86_400, 3)
    assert (read.search_alias is None) == (variant == "analyses reported elsewhere")
    assert read.input_locations == (
        (("my-data", "inputs/"), ("more-data", "")) if variant == "analyses of files" else ()
    )
    assert StatusEnvironment.from_env(status).queue_retention_seconds == 96 * 3600


def test_results_are_forgotten_when_their_statuses_are(deploy: Deploy) -> None:
    graph = deploy({"analyses": {"result_days": 7}})

    [rule] = graph.one(
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration", "analyses-results-lifecycle"
    ).inputs["rules"]
    assert (rule["filter"], rule["expiration"]) == ({"prefix": "results/"}, {"days": 7})
    assert graph.one(types.FUNCTION, "scilearn").inputs["environment"]["variables"]["RESULT_DAYS"] == "7"
    assert not [entry for entry in graph.registrations if "BucketVersioning" in entry.type]


def test_nothing_of_it_is_there_when_it_is_off(deploy: Deploy) -> None:
    graph = deploy(OFF)

    left = [entry.name for entry in graph.registrations if re.search("scilearn|analy", entry.name) and entry.custom]
    assert left == []
    assert not [export for export in graph.exports if export.startswith("analysis")]
    assert set(graph.exports["functions"]) == {
        *graph.exports["indexes"],
        "replicate",
        "second_delete",
        "table_api",
    }


def test_operators_of_a_stack_without_it_get_nothing_of_it(deploy: Deploy) -> None:
    policy = deploy({**VARIANTS["operators"], **OFF}).one(types.POLICY).inputs["policy"]

    assert "scilearn" not in policy


def test_operators_reach_a_given_queue_of_failures(deploy: Deploy) -> None:
    given = "arn:aws:sqs:eu-central-1:123456789012:given"
    policy = json.loads(
        deploy({**VARIANTS["operators"], "analyses": {"on_failure": given}}).one(types.POLICY).inputs["policy"]
    )

    assert "sqs:DeleteMessage" in next(each["Action"] for each in policy["Statement"] if each["Resource"] == given)


def test_post_is_checked_by_the_images_own_model(deploy: Deploy) -> None:
    graph = deploy()
    model = graph.one(types.MODEL, "api-analyses-model").inputs

    assert json.loads(model["schema"]) == api_model()
    assert graph.one(types.METHOD, "api-analyses-post").inputs["requestModels"] == {"application/json": model["name"]}


def _rendered(template: str, body: Any) -> str:
    """As Velocity would: references in braces or not, and the two functions that the template uses."""
    text = template.replace("$util.urlEncode($context.extendedRequestId)", quote("AbC-_x=", safe=""))
    text = text.replace("$util.urlEncode($input.json('$'))", quote(json.dumps(body), safe=""))
    for name, value in {"requestTimeEpoch": "1763704800000", "extendedRequestId": "AbC-_x=", "stage": "v1"}.items():
        text = text.replace(f"${{context.{name}}}", value)
    assert "$" not in text.replace("$context.responseOverride", "")
    return text


def test_message_is_what_the_function_reads() -> None:
    request = {"analysis": "describe", "input": {"type": "rows", "rows": [{'a"b': "ä&=+%\n"}]}}

    form = parse_qs(_rendered(message_template(), request), strict_parsing=True)

    assert form["Action"] == ["SendMessage"]
    message = message_of([{"body": form["MessageBody"][0]}])
    assert (message.request_id, message.request, message.resend) == ("1763704800000-AbC-_x=", request, 0)
    assert message.accepted_at_milliseconds == 1_763_704_800_000


def test_answer_tells_the_id_that_the_message_has() -> None:
    location, answer = _rendered(accepted_template("analyses"), None).splitlines()

    assert json.loads(answer) == {
        "request_id": "1763704800000-AbC-_x=",
        "status": "/analyses/1763704800000-AbC-_x=",
    }
    assert '.header.Location = "/v1/analyses/1763704800000-AbC-_x="' in location


def test_refusals_of_the_queue_are_the_apis_errors(deploy: Deploy) -> None:
    declared = [entry for entry in deploy().all(types.INTEGRATION_RESPONSE) if entry.name.startswith("api-analyses-")]
    answers = {entry.inputs["statusCode"]: entry.inputs for entry in declared}

    assert {status: answer.get("selectionPattern") for status, answer in answers.items()} == {
        "202": "200",
        "413": "400",
        "503": None,
    }
    for status in ("413", "503"):
        error = json.loads(answers[status]["responseTemplates"]["application/json"])["error"]
        assert {"code", "message", "hint"} <= set(error)
        assert not set("#$\"'\\") & set(error["message"] + error["hint"])
    assert answers["503"]["responseParameters"]["method.response.header.Retry-After"] == "'5'"


def test_every_header_of_an_answer_is_declared(deploy: Deploy) -> None:
    graph = deploy()
    declared = {e.inputs["statusCode"]: set(e.inputs["responseParameters"]) for e in graph.all(types.METHOD_RESPONSE)}

    for answer in graph.all(types.INTEGRATION_RESPONSE):
        assert set(answer.inputs["responseParameters"]) <= declared[answer.inputs["statusCode"]]


def test_a_failure_fits_the_smallest_destination() -> None:
    """SNS takes 262,144 bytes; the request stands in the record as text in text, where each quote takes two bytes."""
    message = json.dumps({"request": "x" * (LARGEST_REQUEST_BYTES // 2) + '"' * (LARGEST_REQUEST_BYTES // 4 - 50)})
    assert len(message) < LARGEST_REQUEST_BYTES

    record = json.dumps({"requestPayload": [{"body": message, "attributes": {}}], "responsePayload": {}})

    assert len(record) < 262_144


@pytest.mark.parametrize(
    "settings",
    [
        {"api": {"authorization": "api_key"}},
        {"name_prefix": "other-"},
    ],
)
def test_a_change_of_what_is_served_makes_a_new_deployment(deploy: Deploy, settings: dict[str, Any]) -> None:
    before, after = (graph.one(types.DEPLOYMENT).inputs["triggers"] for graph in (deploy(), deploy(settings)))

    assert before["queue:analyses"] != after["queue:analyses"]


def test_switching_it_off_makes_a_new_deployment(deploy: Deploy) -> None:
    assert "queue:analyses" not in deploy(OFF).one(types.DEPLOYMENT).inputs["triggers"]


def test_gateway_may_invoke_the_status_function_on_its_two_paths_alone(deploy: Deploy) -> None:
    permission = deploy().one(types.PERMISSION, "api-analyses-permission").inputs

    assert permission["function"] == "scilearn-status"
    assert permission["sourceArn"].endswith(":dynamodb-api-gw/v1/*/analyses*")


def test_failures_that_wait_nowhere_ring_by_what_lambda_gives_up(deploy: Deploy) -> None:
    alarm = deploy(ELSEWHERE).one(types.ALARM, "scilearn-alarms-failed-requests").inputs

    assert (alarm["metricName"], alarm["dimensions"]) == ("AsyncEventsDropped", {"FunctionName": "scilearn"})


def test_waiting_in_lambda_rings_before_requests_are_given_up(deploy: Deploy) -> None:
    graph = deploy({"analyses": {"maximum_event_age_seconds": 600}})

    assert graph.one(types.ALARM, "scilearn-alarms-event-age").inputs["threshold"] == 300_000
