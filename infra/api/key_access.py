"""ApiKeyAccess: a key for callers without AWS identities, with a usage plan that bounds what it may ask for.

A key identifies a plan, it proves nobody's identity: that is why `iam` is the default.
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html
"""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from infra.api.settings import ApiSettings
from infra.kit import Kit
from infra.rights import apigateway
from infra.rights.documents import Statement


class ApiKeyAccess(pulumi.ComponentResource):
    """A key, made by AWS; its value never enters an export."""

    key_id: pulumi.Output[str]
    may_read: pulumi.Output[Statement]
    """Lets an operator read the key's value."""

    def __init__(
        self,
        name: str,
        kit: Kit,
        own: ApiSettings,
        api: aws.apigateway.RestApi,
        *,
        stage_name: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("driftless:index:ApiKeyAccess", name, {}, opts)
        child, key_name = pulumi.ResourceOptions(parent=self), kit.physical(own.name)
        key = aws.apigateway.ApiKey(f"{name}-key", name=key_name, opts=child)
        plan = aws.apigateway.UsagePlan(
            f"{name}-plan",
            name=key_name,
            api_stages=[{"api_id": api.id, "stage": stage_name}],
            throttle_settings={"rate_limit": own.throttle_rate, "burst_limit": own.throttle_burst},
            opts=child,
        )
        aws.apigateway.UsagePlanKey(
            f"{name}-plan-key", key_id=key.id, key_type="API_KEY", usage_plan_id=plan.id, opts=child
        )
        self.key_id = key.id
        self.may_read = key.arn.apply(apigateway.read_key)
        self.register_outputs({"key_id": self.key_id})
