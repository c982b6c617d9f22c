"""SearchIndex: creates one index at deploy, and its alias where there is none, so that no sync role may create any.

The provider has no index resource, so a second function of the consumer's image does it and Pulumi invokes it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.kit import Kit
from infra.parts.image_function import ImageFunction, ImageFunctionArgs
from infra.rights import aoss
from infra.search.access import grant
from infra.search.target import SearchTarget
from infra.sync.settings import INDEX_FUNCTION_SUFFIX, ConsumerSettings

_COMMAND = "changefeed.create_index.handler"
_MEMORY_MB = 256
_TIMEOUT_SECONDS = 180  # a data access policy takes up to a minute to act, a new collection's first index some more
_IMAGES = Path(__file__).resolve().parents[2] / "images"


class SearchIndex(pulumi.ComponentResource):
    """An index that exists: whoever needs its name waits for it."""

    index: pulumi.Output[str]
    """The index's name, known only once the index has been created."""

    def __init__(
        self,
        name: str,
        kit: Kit,
        own: ConsumerSettings,
        *,
        image_uri: pulumi.Input[str],
        target: SearchTarget,
        definition: Mapping[str, Any],
        alias: str | None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("driftless:index:SearchIndex", name, {}, opts)
        function = ImageFunction(
            name,
            ImageFunctionArgs(
                spec=kit.function(
                    own,
                    image_uri,
                    suffix=INDEX_FUNCTION_SUFFIX,
                    memory_mb=_MEMORY_MB,
                    timeout_seconds=_TIMEOUT_SECONDS,
                ),
                description=f"Creates the index {own.index} at deploy",
                environment={"OPENSEARCH_ENDPOINT": target.endpoint},
                statements=[target.may_use],
                command=_COMMAND,
                network=target.network,
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        rules = [aoss.on_indexes(target.collection, [own.index], aoss.MAKE_INDEX)]
        if alias is not None:
            rules.append(aoss.on_aliases(target.collection, aoss.MAKE_ALIAS))
        access = grant(name, target.collection, [function.role_arn], rules, parent=self)
        event = {"index": own.index, "alias": alias, "definition": definition}
        invocation = aws.lambda_.Invocation(
            f"{name}-creation",
            function_name=function.function_name,
            input=json.dumps(event, sort_keys=True),
            # The collection's id: a replaced one is empty, and its index has to be made again.
            triggers={"definition": _fingerprint(event), "collection": target.collection_arn},
            lifecycle_scope="CREATE_ONLY",
            opts=pulumi.ResourceOptions(parent=self, depends_on=[access, function.policy]),
        )
        self.index = invocation.result.apply(lambda _: own.index)
        self.register_outputs({"index": self.index})


def index_definition(consumer: str) -> dict[str, Any]:
    """Reads settings and mappings from `images/<consumer>/index.json`."""
    definition: dict[str, Any] = json.loads((_IMAGES / consumer / "index.json").read_text(encoding="utf-8"))
    return definition


def _fingerprint(event: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(event, sort_keys=True).encode()).hexdigest()
