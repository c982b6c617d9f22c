"""What the provider would send to AWS for a resource, as far as inputs are named as the request's members are.

The provider checks little of it before AWS does, and a name that is too long would first be seen there, half a stack
later.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import botocore.session
from botocore.validate import ParamValidator

from tests.infra import resource_types as types
from tests.infra.deployment import Registration
from tests.service_models.limits import limits_broken

# Service, operation, and the inputs that have another name in it. The others are the members' names in camelCase.
REQUESTS: Mapping[str, tuple[str, str, Mapping[str, str]]] = {
    types.FUNCTION: ("lambda", "CreateFunction", {"FunctionName": "name"}),
    types.MAPPING: ("lambda", "CreateEventSourceMapping", {}),
    types.PERMISSION: ("lambda", "AddPermission", {"FunctionName": "function"}),
    types.INVOKE_CONFIG: ("lambda", "PutFunctionEventInvokeConfig", {}),
    types.INVOCATION: ("lambda", "Invoke", {}),
    types.ROLE: ("iam", "CreateRole", {"RoleName": "name", "AssumeRolePolicyDocument": "assumeRolePolicy"}),
    types.ROLE_POLICY: ("iam", "PutRolePolicy", {"RoleName": "role", "PolicyName": "name", "PolicyDocument": "policy"}),
    types.POLICY: ("iam", "CreatePolicy", {"PolicyName": "name", "PolicyDocument": "policy"}),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": ("iam", "AttachRolePolicy", {"RoleName": "role"}),
    types.ALARM: ("cloudwatch", "PutMetricAlarm", {"AlarmName": "name"}),
    types.LOG_GROUP: ("logs", "CreateLogGroup", {"logGroupName": "name"}),
    types.REPOSITORY: ("ecr", "CreateRepository", {"repositoryName": "name"}),
    types.LIFECYCLE: ("ecr", "PutLifecyclePolicy", {"repositoryName": "repository", "lifecyclePolicyText": "policy"}),
    types.PULLING: ("ecr", "SetRepositoryPolicy", {"repositoryName": "repository", "policyText": "policy"}),
    types.TABLE: ("dynamodb", "CreateTable", {"TableName": "name"}),
    types.DESTINATION: ("dynamodb", "EnableKinesisStreamingDestination", {}),
    types.STREAM: ("kinesis", "CreateStream", {"StreamName": "name"}),
    types.COLLECTION: ("opensearchserverless", "CreateCollection", {}),
    types.SECURITY_POLICY: ("opensearchserverless", "CreateSecurityPolicy", {}),
    types.ACCESS_POLICY: ("opensearchserverless", "CreateAccessPolicy", {}),
    "aws:opensearch/serverlessVpcEndpoint:ServerlessVpcEndpoint": ("opensearchserverless", "CreateVpcEndpoint", {}),
    types.PIPE: ("pipes", "CreatePipe", {}),
}
# Services whose models have no limits for what is sent.
WITHOUT_LIMITS = ("aws:apigateway/", "aws:sqs/", "aws:s3/", "aws:ec2/", "docker-build:", "pulumi:")


def limits_broken_by(entry: Registration) -> Iterator[str]:
    """Yields what AWS would refuse in the request for a resource, or that nobody has said which request that is."""
    if entry.type not in REQUESTS:
        if not entry.type.startswith(WITHOUT_LIMITS):
            yield "is of a type without a request: add it to tests/infra/program/requests.py"
        return
    service, operation, names = REQUESTS[entry.type]
    shape = _input_shape(service, operation)
    request = _request({**entry.outputs, **entry.inputs}, shape, names)
    yield from limits_broken(request, shape)
    report = ParamValidator().validate(request, shape).generate_report().splitlines()
    yield from (line.partition(", value:")[0] for line in report if "valid min" in line)


@cache
def _input_shape(service: str, operation: str) -> Any:
    return botocore.session.get_session().get_service_model(service).operation_model(operation).input_shape


def _request(value: Any, shape: Any, names: Mapping[str, str]) -> Any:
    match shape.type_name:
        case "structure" if isinstance(value, Mapping):
            inputs = {member: names.get(member, member[0].lower() + member[1:]) for member in shape.members}
            return {
                member: _request(value[name], shape.members[member], {})
                for member, name in inputs.items()
                if value.get(name) is not None
            }
        case "list" if isinstance(value, list):
            return [_request(member, shape.member, {}) for member in value]
        case "integer" | "long" if isinstance(value, float):
            return int(value)
    return value
