"""The section `operators`."""

from __future__ import annotations

from pydantic import Field

from infra.base.section import Section
from infra.base.values import PrincipalArn


class OperatorsSettings(Section):
    """IAM roles and users that run `python -m ops` on this stack."""

    arns: tuple[PrincipalArn, ...] = Field(default=(), examples=["[arn:aws:iam::123456789012:role/operator]"])
