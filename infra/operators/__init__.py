"""Operators: what whoever runs `python -m ops` needs, for the named principals and no one else."""

from __future__ import annotations

from collections.abc import Sequence

from infra.capability import Capability
from infra.kit import Kit
from infra.operators.access import OperatorAccess
from infra.operators.settings import OperatorsSettings
from infra.search.target import SearchTarget


def declare(kit: Kit, own: OperatorsSettings, target: SearchTarget, capabilities: Sequence[Capability]) -> Capability:
    """Declares the rights that all capabilities ask for; nothing where no principal is named."""
    if not own.arns:
        return Capability()
    access = OperatorAccess(
        "operators",
        own,
        target=target,
        rights=[right for capability in capabilities for right in capability.operator_rights],
        indexes=[index for capability in capabilities for index in capability.operator_indexes],
        opts=kit.opts,
    )
    return Capability(exports={"operator_policy_arn": access.policy_arn})
