"""Rights on an OpenSearch Serverless collection: the IAM half, and the rules of its own policies.

https://docs.aws.amazon.com/opensearch-service/latest/developerguide/security-iam-serverless.html
"""

from __future__ import annotations

from collections.abc import Sequence

from infra.rights.documents import Document, Statement, allow

# Permissions of a data access policy, by what they allow:
# https://docs.aws.amazon.com/opensearch-service/latest/developerguide/serverless-genref.html
# UpdateIndex: a document's new field changes the mapping. AWS's own least privilege for a writer has it, too:
# https://docs.aws.amazon.com/opensearch-service/latest/developerguide/pipeline-collection-access.html
WRITE_DOCUMENTS = ("aoss:DescribeIndex", "aoss:UpdateIndex", "aoss:WriteDocument")
READ_DOCUMENTS = ("aoss:DescribeIndex", "aoss:ReadDocument")
REPAIR_DOCUMENTS = ("aoss:DescribeIndex", "aoss:ReadDocument", "aoss:UpdateIndex", "aoss:WriteDocument")
MAKE_INDEX = ("aoss:CreateIndex", "aoss:DescribeIndex", "aoss:UpdateIndex")
READ_ALIAS = ("aoss:DescribeCollectionItems",)
MAKE_ALIAS = ("aoss:CreateCollectionItems", "aoss:DescribeCollectionItems", "aoss:UpdateCollectionItems")

# `ops probe` makes an index under a random name and deletes it. A pattern ends in a star:
# https://docs.aws.amazon.com/opensearch-service/latest/developerguide/serverless-data-access.html
PROBE_INDEXES = "driftless-probe-*"
PROBE_INDEX = ("aoss:CreateIndex", "aoss:DeleteIndex", "aoss:DescribeIndex", "aoss:ReadDocument", "aoss:WriteDocument")


def use_collection(collection_arn: str) -> Statement:
    """Allows calls to a collection's API; the data access policy is the other half."""
    return allow(["aoss:APIAccessAll"], collection_arn)


def on_indexes(collection: str, indexes: Sequence[str], permissions: Sequence[str]) -> Document:
    """Returns the rule of a data access policy for exactly these indexes."""
    resources = [f"index/{collection}/{index}" for index in indexes]
    return {"ResourceType": "index", "Resource": resources, "Permission": list(permissions)}


def on_aliases(collection: str, permissions: Sequence[str]) -> Document:
    """Returns the rule for aliases, which belong to the collection, not to an index."""
    return {"ResourceType": "collection", "Resource": [f"collection/{collection}"], "Permission": list(permissions)}


def encryption(collection: str) -> Document:
    """Encrypts at rest with AWS's key: a customer's key would need capacity units of its own."""
    return {
        "Rules": [{"ResourceType": "collection", "Resource": [f"collection/{collection}"]}],
        "AWSOwnedKey": True,
    }


def network(collection: str, *, endpoint_id: str | None) -> list[Document]:
    """Opens the collection to signed requests from the internet, or to one VPC endpoint alone.

    One rule covers both kinds of access, because a public rule overrides a private one when two match:
    https://docs.aws.amazon.com/opensearch-service/latest/developerguide/serverless-network.html
    """
    rules = [{"ResourceType": kind, "Resource": [f"collection/{collection}"]} for kind in ("collection", "dashboard")]
    if endpoint_id is None:
        return [{"Rules": rules, "AllowFromPublic": True}]
    return [{"Rules": rules, "AllowFromPublic": False, "SourceVPCEs": [endpoint_id]}]
