"""A trouble with its cause and its cure; it never holds an item's content."""

from ops.errors import OpsError

ATTACH = (
    "Attach the operators' policy to the role or user that runs this (docs/operations.md, Rights): "
    'aws iam attach-role-policy --role-name ROLE --policy-arn "$(pulumi stack output operator_policy_arn)"'
)
"""The cure for a missing right of the operator."""


class Trouble(OpsError):
    """Something isn't as it should be: what was seen, why, and what to do."""

    def __init__(self, seen: str, *, cause: str, cure: str) -> None:
        super().__init__(seen, cause, cure)
        self.seen, self.cause, self.cure = seen, cause, cure

    def __str__(self) -> str:
        """Writes it as a command prints it."""
        return f"{self.seen}.\n  cause: {self.cause}.\n  cure:  {self.cure}"
