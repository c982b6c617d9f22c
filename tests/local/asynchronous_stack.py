"""The asynchronous service without the rest of the stack: MiniStack, the resources as the program declares them, the
image's own code, and our pipe and runner. Infra's shape of it is proven by the demo; this one starts in a second."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from infra.api.queue_answers import ANSWERS, accepted_template, message_template
from local.layout import ROOT
from local.program.resources import CREATORS
from local.program.resources.creation import Cloud
from local.runners.asynchronous.pipe import Pipe
from local.runners.asynchronous.runner import AsynchronousRunner
from local.runners.part import start_parts, stop_parts
from local.services.ministack import REGION, MiniStack
from local.services.ports import free_port


@dataclass(kw_only=True)
class AsynchronousStack:
    """What a test looks at: clients, names, and the parts that can be stopped."""

    cloud: Cloud
    url: str
    queue_url: str
    queues: Mapping[str, str]
    runner: AsynchronousRunner = field(init=False)
    pipe: Pipe = field(init=False)
    bodies: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def start(self) -> None:
        """Starts a new runner and a new pipe, also after a test has stopped the old ones."""
        self.cloud.parts.clear()
        runners = {part.kind: part.runner for part in self.cloud.make_parts()}
        self.runner, self.pipe = runners["asynchronous invocation"], runners["pipe"]
        start_parts(self.cloud.parts)

    def post(self, request: Any, **headers: str) -> requests.Response:
        """POST /analyses."""
        body = request if isinstance(request, str) else json.dumps(request)
        return requests.post(
            f"{self.url}/analyses", data=body, headers={"Content-Type": "application/json"} | headers, timeout=30
        )

    def records(self, queue: str) -> list[dict[str, Any]]:
        """Every record that has come to `successes` or `failures` so far; they are taken away and kept here."""
        kept = self.bodies.setdefault(queue, [])
        sqs = self.cloud.client("sqs")
        while found := sqs.receive_message(QueueUrl=self.queues[queue], MaxNumberOfMessages=10).get("Messages", []):
            for message in found:
                kept.append(json.loads(message["Body"]))
                sqs.delete_message(QueueUrl=self.queues[queue], ReceiptHandle=message["ReceiptHandle"])
        return kept

    def status(self, request_id: str) -> dict[str, Any] | None:
        """The item of the status table, as plain values."""
        answer = self.cloud.client("dynamodb").get_item(
            TableName="scilearn-status", Key={"request_id": {"S": request_id}}, ConsistentRead=True
        )
        return (
            {name: next(iter(typed.values())) for name, typed in answer["Item"].items()} if "Item" in answer else None
        )


@contextmanager
def running_asynchronous_stack(directory: Path, **invocation: Any) -> Iterator[AsynchronousStack]:
    """Start it; `invocation` changes the inputs of the function's asynchronous invocation."""
    port = free_port(4800, 4899)
    ministack = MiniStack(port=port, directory=directory / "aws", log_file=directory / "aws.log")
    ministack.launch()
    try:
        ministack.wait()
        cloud = Cloud(aws_endpoint_url=ministack.endpoint_url, opensearch_url="", region=REGION, root=ROOT)
        yield from _built(cloud, invocation)
    finally:
        ministack.stop()


def _built(cloud: Cloud, invocation: dict[str, Any]) -> Iterator[AsynchronousStack]:
    def make(kind: str, name: str, /, **inputs: Any) -> dict[str, Any]:
        identifier, outputs = CREATORS[kind](cloud, name, inputs)
        return {"id": identifier, **inputs, **outputs}

    table = make("aws:dynamodb/table:Table", "scilearn-status", hashKey="request_id", billingMode="PAY_PER_REQUEST",
                 attributes=[{"name": "request_id", "type": "S"}],
                 ttl={"attributeName": "expires_at", "enabled": True})  # fmt: skip
    results = make("aws:s3/bucket:Bucket", "results")
    dead = make("aws:sqs/queue:Queue", "scilearn-not-handed-over")
    requests_queue = make(
        "aws:sqs/queue:Queue", "scilearn-requests", visibilityTimeoutSeconds=3, maxMessageSize=98_304,
        redrivePolicy=json.dumps({"deadLetterTargetArn": dead["arn"], "maxReceiveCount": 2}),
    )  # fmt: skip
    ends = {name: make("aws:sqs/queue:Queue", f"scilearn-{name}") for name in ("successes", "failures")}
    role = make("aws:iam/role:Role", "scilearn", assumeRolePolicy="{}")
    image = make("docker-build:index:Image", "scilearn", context={"location": "images"}, tags=["scilearn:x"],
                 dockerfile={"location": "images/scilearn/Dockerfile"})  # fmt: skip
    logs = make("aws:cloudwatch/logGroup:LogGroup", "logs", name="/aws/lambda/scilearn", retentionInDays=1)
    function = make(
        "aws:lambda/function:Function", "scilearn", imageUri=f"x@{image['digest']}", role=role["arn"], timeout=60,
        memorySize=1024, ephemeralStorage={"size": 512}, loggingConfig={"logGroup": logs["name"]},
        environment={"variables": {"STATUS_TABLE": table["name"], "RESULTS_BUCKET": results["bucket"],
                                   "INPUT_LOCATIONS": "s3://results/in/"}},
    )  # fmt: skip
    make("aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig", "scilearn", functionName="scilearn",
         **({"maximumRetryAttempts": 2, "maximumEventAgeInSeconds": 3600,
             "destinationConfig": {"onSuccess": {"destination": ends["successes"]["arn"]},
                                   "onFailure": {"destination": ends["failures"]["arn"]}}} | invocation))  # fmt: skip
    make("aws:pipes/pipe:Pipe", "scilearn", source=requests_queue["arn"], target=function["arn"], roleArn=role["arn"],
         desiredState="RUNNING", sourceParameters={"sqsQueueParameters": {"batchSize": 1}},
         targetParameters={"lambdaFunctionParameters": {"invocationType": "FIRE_AND_FORGET"}})  # fmt: skip
    url = _api(make, cloud, role["arn"])
    queues = {name: end["url"] for name, end in ends.items()} | {"dead": dead["url"]}
    stack = AsynchronousStack(cloud=cloud, url=url, queue_url=requests_queue["url"], queues=queues)
    stack.start()
    try:
        yield stack
    finally:
        stop_parts(cloud.parts)


def _api(make: Callable[..., dict[str, Any]], cloud: Cloud, role_arn: str) -> str:
    model = (ROOT / "images" / "scilearn" / "api_model.json").read_text()
    api = make("aws:apigateway/restApi:RestApi", "api")
    resource = make("aws:apigateway/resource:Resource", "analyses", restApi=api["id"], parentId=api["rootResourceId"],
                    pathPart="analyses")  # fmt: skip
    where = {"restApi": api["id"], "resourceId": resource["id"], "httpMethod": "POST"}
    make("aws:apigateway/model:Model", "model", restApi=api["id"], name="AnalysisRequest", schema=model,
         contentType="application/json")  # fmt: skip
    validator = make("aws:apigateway/requestValidator:RequestValidator", "body", restApi=api["id"],
                     validateRequestBody=True)  # fmt: skip
    make("aws:apigateway/method:Method", "post", **where, authorization="NONE", requestValidatorId=validator["id"],
         requestModels={"application/json": "AnalysisRequest"})  # fmt: skip
    make("aws:apigateway/integration:Integration", "post", **where, type="AWS", integrationHttpMethod="POST",
         uri=f"arn:aws:apigateway:{REGION}:sqs:path/{cloud.account}/scilearn-requests", credentials=role_arn,
         passthroughBehavior="NEVER", requestTemplates={"application/json": message_template()},
         requestParameters={"integration.request.header.Content-Type": "'application/x-www-form-urlencoded'"},
         )  # fmt: skip
    for answer in ANSWERS:
        make("aws:apigateway/methodResponse:MethodResponse", answer.status, **where, statusCode=answer.status)
        make("aws:apigateway/integrationResponse:IntegrationResponse", answer.status, **where, statusCode=answer.status,
             selectionPattern=answer.pattern,
             responseTemplates={"application/json": answer.error or accepted_template("analyses")})  # fmt: skip
    deployment = make("aws:apigateway/deployment:Deployment", "now", restApi=api["id"])
    stage = make("aws:apigateway/stage:Stage", "v1", restApi=api["id"], stageName="v1", deployment=deployment["id"])
    return str(stage["invokeUrl"])
