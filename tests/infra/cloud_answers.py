"""What AWS would answer when a resource is made: inputs come back, with an id, an ARN and what else is computed."""

from __future__ import annotations

from typing import Any

ACCOUNT = "123456789012"
REGION = "eu-central-1"
DIGEST = "sha256:" + "d" * 64

_ARNS = {
    "aws:dynamodb/table:Table": "dynamodb:{region}:{account}:table/{name}",
    "aws:kinesis/stream:Stream": "kinesis:{region}:{account}:stream/{name}",
    "aws:sqs/queue:Queue": "sqs:{region}:{account}:{name}",
    "aws:lambda/function:Function": "lambda:{region}:{account}:function:{name}",
    "aws:lambda/eventSourceMapping:EventSourceMapping": "lambda:{region}:{account}:event-source-mapping:uuid-of-{name}",
    "aws:iam/policy:Policy": "iam::{account}:policy/{name}",
    "aws:cloudwatch/logGroup:LogGroup": "logs:{region}:{account}:log-group:{name}",
    "aws:cloudwatch/metricAlarm:MetricAlarm": "cloudwatch:{region}:{account}:alarm:{name}",
    "aws:iam/role:Role": "iam::{account}:role/{name}",
    "aws:s3/bucket:Bucket": "s3:::{name}",
    "aws:ecr/repository:Repository": "ecr:{region}:{account}:repository/{name}",
    "aws:opensearch/serverlessCollection:ServerlessCollection": "aoss:{region}:{account}:collection/{generation}{name}",
    "aws:apigateway/restApi:RestApi": "apigateway:{region}::/restapis/{name}",
    "aws:apigateway/apiKey:ApiKey": "apigateway:{region}::/apikeys/{name}",
}


def created(
    type_: str, name: str, inputs: dict[str, Any], *, partition: str = "aws", generation: int = 0
) -> tuple[str, dict[str, Any]]:
    """Id and outputs of a new resource; `name` is the logical name, from which AWS's own would be made.

    `generation` counts replacements: each has other ids, and another name where none is given.
    """
    physical = str(inputs.get("name") or inputs.get("bucket") or f"{name}-{generation + 1}a2b3c4")
    outputs = {"name": physical, **inputs}
    if type_ in _ARNS:
        outputs["arn"] = f"arn:{partition}:{_arn(type_, physical, generation)}"
    outputs.update(_computed(type_, physical, outputs, partition))
    return f"{name}-id" + (f"-{generation}" if generation else ""), outputs


def _arn(type_: str, physical: str, generation: int) -> str:
    return _ARNS[type_].format(region=REGION, account=ACCOUNT, name=physical, generation=generation)


def _computed(type_: str, physical: str, known: dict[str, Any], partition: str) -> dict[str, Any]:
    match type_:
        case "aws:dynamodb/table:Table":
            return {"streamArn": f"{known['arn']}/stream/2026-01-01T00:00:00.000"}
        case "aws:sqs/queue:Queue":
            return {"url": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{physical}"}
        case "aws:s3/bucket:Bucket":
            return {"bucket": physical}
        case "aws:lambda/function:Function":
            path = f"2015-03-31/functions/{known['arn']}/invocations"
            return {"invokeArn": f"arn:{partition}:apigateway:{REGION}:lambda:path/{path}"}
        case "aws:lambda/eventSourceMapping:EventSourceMapping":
            return {"uuid": f"uuid-of-{physical}"}
        case "aws:lambda/invocation:Invocation":
            return {"result": '{"index_created": true, "alias_created": true}'}
        case "aws:ecr/repository:Repository":
            host = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
            return {"registryId": ACCOUNT, "repositoryUrl": f"{host}/{physical}"}
        case "docker-build:index:Image":
            return {"digest": DIGEST, "ref": f"{known['tags'][0]}@{DIGEST}", "contextHash": "c" * 64}
        case "aws:opensearch/serverlessCollection:ServerlessCollection":
            host = f"https://{known['arn'].rpartition('/')[2]}.{REGION}.aoss.amazonaws.com"
            return {"collectionEndpoint": host, "dashboardEndpoint": f"{host}/_dashboards"}
        case "aws:apigateway/restApi:RestApi":
            execution = f"arn:{partition}:execute-api:{REGION}:{ACCOUNT}:{physical}"
            return {"rootResourceId": "root", "executionArn": execution}
        case "aws:apigateway/stage:Stage":
            host = f"https://{known['restApi']}.execute-api.{REGION}.amazonaws.com"
            return {"invokeUrl": f"{host}/{known['stageName']}"}
        case _:
            return {}


def called(token: str) -> dict[str, Any]:
    """The answer of a provider's function; anything but the registry's token is a surprise, so an error."""
    if token == "aws:ecr/getAuthorizationToken:getAuthorizationToken":
        return {
            "authorizationToken": "QVdTOnBhc3N3b3Jk",
            "expiresAt": "2030-01-01T00:00:00Z",
            "id": REGION,
            "password": "registry-password",
            "proxyEndpoint": f"https://{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com",
            "userName": "AWS",
        }
    raise AssertionError(f"the program calls {token}; its answer would need an account")
