"""The part of a document that isn't indexed: attributes that the mapping refuses, kept in one field as they are.

DynamoDB lets two items hold a text and a map under one name; one index field can't be both. Such a document keeps the
refused attributes below `UNINDEXED`, which OpenSearch stores and never looks into (`"enabled": false`), and how many
they are in `MARK`, by which such documents are found and counted. No attribute's name is ever escaped to these fields
(`field_names`): behind a `%` stand two hexadecimal digits, or nothing.
"""

from collections.abc import Mapping
from typing import Any

UNINDEXED = "%unindexed"
MARK = "%unindexed_attributes"


def whole_document(source: Mapping[str, Any]) -> Mapping[str, Any]:
    """Gives the document with its unindexed attributes among the others, as it would be if all were indexed."""
    unindexed = source.get(UNINDEXED)
    if not isinstance(unindexed, Mapping):
        return source
    return {name: value for name, value in source.items() if name not in (UNINDEXED, MARK)} | dict(unindexed)


def unindexed_documents() -> dict[str, Any]:
    """Gives the query that finds documents of which a part isn't indexed."""
    return {"exists": {"field": MARK}}
