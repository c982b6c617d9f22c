"""What AWS doesn't delete: things that hold something, are protected, or are in use.

In use means that nobody may delete it first, so the user must depend on it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from tests.infra import resource_types as types
from tests.infra.cloud.resource import Resource

_ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"

Properties = Mapping[str, Any]
# By the type that stays: the type that uses it, whether this one does, and what AWS then says.
_USES: dict[str, tuple[tuple[str, Callable[[Properties, Resource], bool], str], ...]] = {
    # hashicorp/terraform-provider-aws, issue 19805
    types.DEPLOYMENT: (
        (
            types.STAGE,
            lambda user, used: user["deployment"] == used.id,
            "BadRequestException: Active stages pointing to this deployment must be moved or deleted",
        ),
    ),
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/models-mappings-models.html
    types.MODEL: (
        (
            types.METHOD,
            lambda user, used: used.properties["name"] in user.get("requestModels", {}).values(),
            "ConflictException: Cannot delete a model that is referenced in a method request",
        ),
    ),
    # https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRole.html
    types.ROLE: (
        (
            types.ROLE_POLICY,
            lambda user, used: user["role"] == used.properties["name"],
            "DeleteConflict: Cannot delete entity, must delete policies first",
        ),
        (
            _ATTACHMENT,
            lambda user, used: user["role"] == used.properties["name"],
            "DeleteConflict: Cannot delete entity, must detach all policies first",
        ),
    ),
}


def refusal(resource: Resource, there: Sequence[Resource], attached_policies: Collection[str]) -> str | None:
    """Returns AWS's error for deleting the resource while the others are there; None where it agrees."""
    for user_type, uses, message in _USES.get(resource.goal.type, ()):
        users = [each.goal.name for each in there if each.goal.type == user_type and uses(each.properties, resource)]
        if users:
            return f"{message} ({', '.join(users)})"
    return _own_refusal(resource.goal.type, resource.properties, attached_policies)


def _own_refusal(type_: str, properties: Properties, attached_policies: Collection[str]) -> str | None:
    match type_:
        case types.REPOSITORY if not properties.get("forceDelete"):
            return "RepositoryNotEmptyException: consider using force_delete"
        case types.BUCKET if not properties.get("forceDestroy"):
            return "BucketNotEmpty: The bucket you tried to delete is not empty"
        case types.TABLE if properties.get("deletionProtectionEnabled"):
            return "ValidationException: Resource cannot be deleted as it is currently protected against deletion"
        case types.POLICY if properties["arn"] in attached_policies:
            return "DeleteConflict: Cannot delete a policy attached to entities"
        case _:
            return None
