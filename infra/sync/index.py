"""SearchIndex: creates one index, and its alias where there is none, at deploy, so that no sync role may create any.

The provider has no index resource, so a second function of the consumer's image does it and Pulumi invokes it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pulumi
import pulumi_aws as aws

from infra.base.names import bounded_name
from infra.parts.image_function import FunctionSpec, ImageFunction, ImageFunctionArgs
from infra.rights import statements as policies
from infra.search.target import SearchTarget

_COMMAND = "changefeed.create_index.handler"
_TIMEOUT_SECONDS = 180  # a data access policy takes up to a minute to act, a new collection's first index some more
_IMAGES = Path(__file__).resolve().parents[2] / "images"


@dataclass(frozen=True, kw_only=True)
class SearchIndexArgs:
    """The index, its settings and mappings, and the alias to make if it does not exist yet."""

    function_name: str
    image_uri: pulumi.Input[str]
    architecture: Literal["arm64", "x86_64"]
    log_retention_days: int
    target: SearchTarget
    index: str
    alias: str | None
    definition: Mapping[str, Any]


class SearchIndex(pulumi.ComponentResource):
    """An index that exists: whoever needs its name waits for it."""

    index: pulumi.Output[str]
    """The index's name, known only once the index has been created."""

    def __init__(self, name: str, args: SearchIndexArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("driftless:index:SearchIndex", name, {}, opts)
        function = ImageFunction(
            name,
            ImageFunctionArgs(
                spec=FunctionSpec(
                    function_name=args.function_name,
                    image_uri=args.image_uri,
                    architecture=args.architecture,
                    memory_mb=256,
                    timeout_seconds=_TIMEOUT_SECONDS,
                    log_retention_days=args.log_retention_days,
                ),
                description=f"Creates the index {args.index} at deploy",
                environment={"OPENSEARCH_ENDPOINT": args.target.endpoint},
                statements=pulumi.Output.from_input(args.target.collection_arn).apply(
                    lambda arn: [policies.use_collection(arn)]
                ),
                command=_COMMAND,
                network=args.target.network,
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        access = aws.opensearch.ServerlessAccessPolicy(
            f"{name}-access",
            name=bounded_name(f"{args.target.collection}-{name}", limit=32),
            type="data",
            policy=function.role_arn.apply(lambda role: json.dumps(_access(args, role))),
            opts=pulumi.ResourceOptions(parent=self),
        )
        event = {"index": args.index, "alias": args.alias, "definition": args.definition}
        invocation = aws.lambda_.Invocation(
            f"{name}-creation",
            function_name=function.function_name,
            input=json.dumps(event, sort_keys=True),
            # The collection's id: a replaced one is empty, and its index has to be made again.
            triggers={"definition": _fingerprint(event), "collection": args.target.collection_arn},
            lifecycle_scope="CREATE_ONLY",
            opts=pulumi.ResourceOptions(parent=self, depends_on=[access, function.policy]),
        )
        self.index = invocation.result.apply(lambda _: args.index)
        self.register_outputs({"index": self.index})


def index_definition(consumer: str) -> dict[str, Any]:
    """Settings and mappings as `images/<consumer>/index.json` has them."""
    definition: dict[str, Any] = json.loads((_IMAGES / consumer / "index.json").read_text(encoding="utf-8"))
    return definition


def _access(args: SearchIndexArgs, role_arn: str) -> list[policies.Document]:
    blocks = [policies.index_access(args.target.collection, [args.index], policies.MAKE_INDEX, [role_arn])]
    if args.alias is not None:
        blocks.append(policies.alias_access(args.target.collection, policies.MAKE_ALIAS, [role_arn]))
    return blocks


def _fingerprint(event: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(event, sort_keys=True).encode()).hexdigest()
