"""OperatorAccess: both halves of the operators' access to the collection, and their IAM policy.

The data access policy names the principals, the IAM policy is theirs to attach.
"""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from infra.operators.settings import OperatorsSettings
from infra.rights import aoss
from infra.rights.documents import Statements, policy_of
from infra.search.access import grant
from infra.search.target import SearchTarget


class OperatorAccess(pulumi.ComponentResource):
    """Repairs in the given indexes, the probe's index, and the rights in one managed policy."""

    policy_arn: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        own: OperatorsSettings,
        *,
        target: SearchTarget,
        rights: Statements,
        indexes: Sequence[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("driftless:index:OperatorAccess", name, {}, opts)
        rules = [
            aoss.on_indexes(target.collection, indexes, aoss.REPAIR_DOCUMENTS),
            aoss.on_indexes(target.collection, [aoss.PROBE_INDEXES], aoss.PROBE_INDEX),
            aoss.on_aliases(target.collection, aoss.READ_ALIAS),  # verify says which index readers search
        ]
        grant(name, target.collection, own.arns, rules, parent=self)
        policy = aws.iam.Policy(
            f"{name}-policy",
            description=f"The commands of `python -m ops` on collection {target.collection} and its table",
            policy=policy_of(rights),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.policy_arn = policy.arn
        self.register_outputs({"operator_policy_arn": self.policy_arn})
