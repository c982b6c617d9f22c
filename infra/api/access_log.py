"""ApiAccessLog: one JSON line per request, without bodies, query strings or item ids, and the right to write it."""

from __future__ import annotations

import json

import pulumi
import pulumi_aws as aws

from infra.api.settings import ApiSettings
from infra.kit import Kit
from infra.rights.documents import assume_role, in_partition_of

# https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-variables-for-access-logging.html
# resourcePath is the template (/items/{id+}); `path` would hold the id.
_FIELDS = {
    "requestId": "$context.requestId",
    "time": "$context.requestTimeEpoch",
    "caller": "$context.identity.userArn",
    "apiKeyId": "$context.identity.apiKeyId",
    "method": "$context.httpMethod",
    "resource": "$context.resourcePath",
    "status": "$context.status",
    "responseBytes": "$context.responseLength",
    "latencyMilliseconds": "$context.responseLatency",
    "integrationStatus": "$context.integration.status",
    "integrationLatencyMilliseconds": "$context.integration.latency",
    "errorType": "$context.error.responseType",
    "tlsVersion": "$context.tlsVersion",
}
LOG_FORMAT = json.dumps(_FIELDS)
# AWS's own policy, because the role belongs to every API of the account and region, not to this one:
# https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
_PUSH_TO_LOGS = "iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"


class ApiAccessLog(pulumi.ComponentResource):
    """A log group that a stage may name as soon as the account has its role."""

    log_group_arn: pulumi.Output[str]

    def __init__(self, name: str, kit: Kit, own: ApiSettings, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("driftless:index:ApiAccessLog", name, {}, opts)
        log_group = aws.cloudwatch.LogGroup(
            f"{name}-log",
            name=f"/aws/apigateway/{kit.physical(own.name)}",
            retention_in_days=kit.log_retention_days,
            opts=pulumi.ResourceOptions(
                parent=self, depends_on=_account_role(name, parent=self) if own.account_log_role else []
            ),
        )
        self.log_group_arn = log_group.arn
        self.register_outputs({"log_group_arn": self.log_group_arn})


def _account_role(name: str, *, parent: pulumi.Resource) -> list[pulumi.Resource]:
    """API Gateway refuses a stage with a log in an account without such a role.

    It stays when the stack goes: by then other APIs of the account may log through it.
    """
    kept = pulumi.ResourceOptions(parent=parent, retain_on_delete=True)
    role = aws.iam.Role(
        f"{name}-account-role",
        assume_role_policy=json.dumps(assume_role("apigateway.amazonaws.com")),
        opts=kept,
    )
    attachment = aws.iam.RolePolicyAttachment(
        f"{name}-account-policy",
        role=role.name,
        policy_arn=role.arn.apply(lambda arn: in_partition_of(arn, _PUSH_TO_LOGS)),
        opts=kept,
    )
    account = aws.apigateway.Account(
        f"{name}-account",
        cloudwatch_role_arn=role.arn,
        opts=pulumi.ResourceOptions(parent=parent, retain_on_delete=True, depends_on=[attachment]),
    )
    return [account]
