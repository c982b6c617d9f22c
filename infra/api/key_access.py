"""ApiKeyAccess: a key for callers without AWS identities, with a usage plan that bounds what it may ask for.

A key identifies a plan, it proves nobody's identity: that is why `iam` is the default.
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html
"""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws


@dataclass(frozen=True, kw_only=True)
class ApiKeyAccessArgs:
    """The stage that the key opens, requests a second and in a burst."""

    key_name: str
    rest_api_id: pulumi.Input[str]
    stage_name: pulumi.Input[str]
    throttle_rate: float
    throttle_burst: int


class ApiKeyAccess(pulumi.ComponentResource):
    """A key, made by AWS; its value never enters an export."""

    key_id: pulumi.Output[str]

    def __init__(self, name: str, args: ApiKeyAccessArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("driftless:index:ApiKeyAccess", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        key = aws.apigateway.ApiKey(f"{name}-key", name=args.key_name, opts=child)
        plan = aws.apigateway.UsagePlan(
            f"{name}-plan",
            name=args.key_name,
            api_stages=[{"api_id": args.rest_api_id, "stage": args.stage_name}],
            throttle_settings={"rate_limit": args.throttle_rate, "burst_limit": args.throttle_burst},
            opts=child,
        )
        aws.apigateway.UsagePlanKey(
            f"{name}-plan-key", key_id=key.id, key_type="API_KEY", usage_plan_id=plan.id, opts=child
        )
        self.key_id = key.id
        self.register_outputs({"key_id": self.key_id})
