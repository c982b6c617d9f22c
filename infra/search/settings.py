"""The section `collection`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from infra.base.section import PhysicalName, Problem, Section
from infra.base.values import PrincipalArn
from infra.parts.network import FunctionNetwork


class NetworkSettings(Section):
    """How the collection is reached. The subnets of a `private` one must reach DynamoDB, SQS and, for analyses, S3.

    A VPC takes one endpoint of OpenSearch Serverless, which serves every collection of the region: where it has one,
    `vpc_endpoint_id` names it (hashicorp/terraform-provider-aws, issue 37741). Its subnets are in different zones
    (aws-samples/aws-genai-llm-chatbot, pull request 257). Lambda sends a function's log from outside the VPC.
    https://docs.aws.amazon.com/opensearch-service/latest/developerguide/serverless-vpc.html
    """

    access: Literal["public", "private"] = "public"
    vpc_id: str | None = Field(default=None, pattern=r"^vpc-[0-9a-f]+$", examples=["vpc-0123456789abcdef0"])
    vpc_endpoint_id: str | None = Field(default=None, pattern=r"^vpce-[0-9a-z]+$", examples=["vpce-0123456789abcdef0"])
    subnet_ids: tuple[Annotated[str, Field(pattern=r"^subnet-[0-9a-f]+$")], ...] = Field(
        default=(), examples=["[subnet-0123456789abcdef0]"]
    )
    security_group_ids: tuple[Annotated[str, Field(pattern=r"^sg-[0-9a-f]+$")], ...] = Field(
        default=(), examples=["[sg-0123456789abcdef0]"]
    )

    def problems(self) -> Iterator[Problem]:
        """Yields what a private network lacks, and what a public one can't use."""
        for key in ("vpc_id", "vpc_endpoint_id", "subnet_ids", "security_group_ids"):
            path, value = ("collection", "network", key), getattr(self, key)
            if self.access == "private" and not value and self._requires(key):
                yield Problem(path=path, message="is required when collection.network.access is private")
            if self.access == "public" and value:
                yield Problem(path=path, message="is only allowed when collection.network.access is private; remove it")

    def _requires(self, key: str) -> bool:
        return key != "vpc_endpoint_id" and not (key == "vpc_id" and self.vpc_endpoint_id)

    @property
    def of_functions(self) -> FunctionNetwork | None:
        """Where functions that use the collection sit; None outside a VPC."""
        if self.access == "public":
            return None
        return FunctionNetwork(subnet_ids=self.subnet_ids, security_group_ids=self.security_group_ids)


class CollectionSettings(Section):
    """The OpenSearch Serverless collection. Without standby replicas it costs half and has no spare zone."""

    name: str = Field(default="lab-search", min_length=3, max_length=32, pattern=r"^[a-z][a-z0-9-]+$")
    standby_replicas: bool = True
    network: NetworkSettings = NetworkSettings()
    # What a data access policy takes; for somebody's session it is the role:
    # https://docs.aws.amazon.com/opensearch-service/latest/developerguide/serverless-data-access.html
    reader_arns: tuple[PrincipalArn, ...] = Field(default=(), examples=["[arn:aws:iam::123456789012:role/analyst]"])

    def problems(self) -> Iterator[Problem]:
        """Yields the problems of the network."""
        yield from self.network.problems()

    def names(self) -> Iterator[PhysicalName]:
        """Yields the collection's name."""
        yield PhysicalName(path=("collection", "name"), name=self.name, limit=32, kind="collection")
