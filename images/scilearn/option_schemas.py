"""The JSON Schemas that options share; `request_schema` says what API Gateway can't check of them."""

from typing import Any

COLUMN: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": 128}
COLUMNS: dict[str, Any] = {"type": "array", "items": COLUMN, "minItems": 1, "maxItems": 200}
FOLDS: dict[str, Any] = {"type": "integer", "minimum": 2, "maximum": 10, "default": 5}
