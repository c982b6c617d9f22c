"""Converts Python values to DynamoDB JSON, for what the demo writes by boto3."""

from decimal import Decimal
from typing import Any


def to_dynamodb(value: Any) -> dict[str, Any]:
    """Converts one attribute value."""
    if value is None:
        return {"NULL": True}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int | Decimal):
        return {"N": str(value)}
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, list):
        return {"L": [to_dynamodb(item) for item in value]}
    return {"M": to_item(value)}


def to_item(item: dict[str, Any]) -> dict[str, Any]:
    """Converts a whole item."""
    return {name: to_dynamodb(value) for name, value in item.items()}
