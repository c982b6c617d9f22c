"""ImageFunction: a container-image Lambda with its log group, its role and its policy."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import pulumi
import pulumi_aws as aws

from infra.parts.network import FunctionNetwork
from infra.rights import lambda_
from infra.rights.documents import Statement, Statements, assume_role, policy_of

LEAST_EPHEMERAL_STORAGE_MB = 512  # what every function has


@dataclass(frozen=True, kw_only=True)
class FunctionSpec:
    """What the configuration sets for every function: name, image, size, and how long its log is kept."""

    function_name: str
    image_uri: pulumi.Input[str]
    architecture: Literal["arm64", "x86_64"]
    memory_mb: int
    timeout_seconds: int
    log_retention_days: int


@dataclass(frozen=True, kw_only=True)
class FunctionFileSystem:
    """An EFS access point in the function; it needs a network with the file system's mount targets."""

    access_point_arn: str
    mount_path: str


@dataclass(frozen=True, kw_only=True)
class ImageFunctionArgs:
    """A function, and the statements that its role gets besides logs, network and file system.

    `command` replaces the image's own, for a second function from the same image. `ephemeral_storage_mb` is /tmp.
    """

    spec: FunctionSpec
    description: str
    environment: Mapping[str, pulumi.Input[str]]
    statements: Statements
    command: str | None = None
    network: FunctionNetwork | None = None
    reserved_concurrency: int | None = None
    ephemeral_storage_mb: int = LEAST_EPHEMERAL_STORAGE_MB
    file_system: FunctionFileSystem | None = None


@dataclass(frozen=True, kw_only=True)
class _Attachment:
    """How a function without a network and one with it differ."""

    statements: Sequence[Statement] = ()
    vpc_config: aws.lambda_.FunctionVpcConfigArgs | None = field(default=None)


class ImageFunction(pulumi.ComponentResource):
    """Role, log group and function; whoever depends on its name depends on its policy too."""

    function_name: pulumi.Output[str]
    function_arn: pulumi.Output[str]
    invoke_arn: pulumi.Output[str]
    role_arn: pulumi.Output[str]
    policy: aws.iam.RolePolicy
    """For `depends_on`: IAM policies are not in the implicit graph of what needs them."""

    def __init__(self, name: str, args: ImageFunctionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("driftless:index:ImageFunction", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        spec, attachment, files = args.spec, _attachment(args.network), args.file_system
        mount = [lambda_.mount_file_system(files.access_point_arn)] if files else []
        # Made before the function, or Lambda would make one that is kept for ever.
        log_group = aws.cloudwatch.LogGroup(
            f"{name}-logs",
            name=f"/aws/lambda/{spec.function_name}",
            retention_in_days=spec.log_retention_days,
            opts=child,
        )
        role = aws.iam.Role(
            f"{name}-role", assume_role_policy=json.dumps(assume_role("lambda.amazonaws.com")), opts=child
        )
        self.policy = aws.iam.RolePolicy(
            f"{name}-policy",
            role=role.name,
            policy=policy_of(
                [log_group.arn.apply(lambda_.write_logs), *args.statements, *mount, *attachment.statements]
            ),
            opts=child,
        )
        function = aws.lambda_.Function(
            name,
            name=spec.function_name,
            description=args.description,
            package_type="Image",
            image_uri=spec.image_uri,
            image_config={"commands": [args.command]} if args.command else None,
            architectures=[spec.architecture],
            memory_size=spec.memory_mb,
            timeout=spec.timeout_seconds,
            role=role.arn,
            environment={"variables": args.environment},
            logging_config={"log_format": "JSON", "log_group": log_group.name},
            # -1 is "none"; an argument that is left out would not take an earlier reservation away.
            reserved_concurrent_executions=args.reserved_concurrency or -1,
            vpc_config=attachment.vpc_config,
            ephemeral_storage={"size": args.ephemeral_storage_mb},
            file_system_config={"arn": files.access_point_arn, "local_mount_path": files.mount_path} if files else None,
            # Another name is another function, made first. The provider would delete the named one before, and before
            # that the API's deployment, whose trigger it is; AWS refuses this while a stage serves that deployment.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self.policy], delete_before_replace=False),
        )
        self.function_name = function.name
        self.function_arn = function.arn
        self.invoke_arn = function.invoke_arn
        self.role_arn = role.arn
        self.register_outputs(
            {
                "function_name": self.function_name,
                "function_arn": self.function_arn,
                "invoke_arn": self.invoke_arn,
                "role_arn": self.role_arn,
            }
        )

    @property
    def may_invoke(self) -> pulumi.Output[Statement]:
        """Allows to invoke it."""
        return self.function_arn.apply(lambda_.invoke_function)


def _attachment(network: FunctionNetwork | None) -> _Attachment:
    if network is None:
        return _Attachment()
    return _Attachment(
        statements=lambda_.attach_to_network(),
        vpc_config=aws.lambda_.FunctionVpcConfigArgs(
            subnet_ids=list(network.subnet_ids), security_group_ids=list(network.security_group_ids)
        ),
    )
