"""The requests' schema, twice from one table: strict for the function, and the part of it that API Gateway can check.

API Gateway models are JSON Schema draft 4. Its Developer Guide ("Amazon API Gateway important notes", REST APIs) lists
keywords that models do not support or simple validation leaves out: `additionalProperties`, `anyOf`, `oneOf`, `allOf`,
`exclusiveMinimum`, `pattern` (in its older text), `minItems` and `maxItems`. `api_model` uses none of these, so it can
be created everywhere and never refuses what the function takes; a request that only the function refuses becomes a
failed analysis. `python -m scilearn.request_schema` prints the model, which is kept in `api_model.json` for infra.
"""

import json
import sys
from collections.abc import Mapping
from functools import cache
from typing import Any

from scilearn.analyses import ANALYSES
from scilearn.errors import PermanentError

DRAFT = "http://json-schema.org/draft-04/schema#"
MAX_SEED = 2**31 - 1
DEFAULT_MAX_ROWS = 100_000
_SCALAR = {"type": ["number", "string", "boolean", "null"]}
_TEXT = {"type": "string", "minLength": 1, "maxLength": 1024}
_ROW = {"type": "object", "additionalProperties": _SCALAR, "maxProperties": 1000}
_FILTER = {
    "type": "object",
    "additionalProperties": False,
    "required": ["field"],
    "minProperties": 2,
    "properties": {
        "field": {"type": "string", "minLength": 1, "maxLength": 256},
        "equals": {"type": ["number", "string", "boolean"]},
        "from": {"type": ["number", "string"]},
        "to": {"type": ["number", "string"]},
    },
}
INPUTS: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "rows": ({"rows": {"type": "array", "items": _ROW, "minItems": 1, "maxItems": 20_000}}, ("rows",)),
    "s3": (
        {
            "bucket": {"type": "string", "minLength": 3, "maxLength": 63},
            "key": _TEXT,
            "format": {"type": "string", "enum": ["csv", "jsonl", "parquet"]},
        },
        ("bucket", "key", "format"),
    ),
    "search": (
        {
            "query": {"type": "string", "minLength": 1, "maxLength": 512},
            "filters": {"type": "array", "items": _FILTER, "maxItems": 10},
        },
        (),
    ),
}
_COMMON = {
    "seed": {"type": "integer", "minimum": 0, "maximum": MAX_SEED, "default": 0},
    "max_rows": {"type": "integer", "minimum": 10, "maximum": 1_000_000, "default": DEFAULT_MAX_ROWS},
    "plots": {"type": "boolean", "default": True},
}
_API_KEYWORDS = frozenset({"type", "enum", "minimum", "maximum", "minLength", "maxLength"})


def strict_schema(analysis: str) -> dict[str, Any]:
    """Gives the whole schema of one analysis' requests; what `input` holds depends on its type and is checked apart."""
    known = ANALYSES[analysis]
    options = {"type": "object", "additionalProperties": False, "properties": dict(known.options)}
    if known.required:
        options["required"] = list(known.required)
    return {
        "$schema": DRAFT,
        "type": "object",
        "additionalProperties": False,
        "required": ["analysis", "input", *(["options"] if known.required else [])],
        "properties": {
            "analysis": {"enum": [analysis]},
            "input": {"type": "object", "required": ["type"], "properties": {"type": {"enum": list(INPUTS)}}},
            "options": options,
            **_COMMON,
        },
    }


def input_schema(kind: str) -> dict[str, Any]:
    """Gives the schema of one type of input."""
    properties, required = INPUTS[kind]
    return {
        "$schema": DRAFT,
        "type": "object",
        "additionalProperties": False,
        "required": ["type", *required],
        "properties": {"type": {"enum": [kind]}, **properties},
    }


def api_model() -> dict[str, Any]:
    """Makes what API Gateway checks: shape, names of analyses and inputs, types and bounds of whatever is shared."""
    options: dict[str, list[Mapping[str, Any]]] = {}
    for known in ANALYSES.values():
        for name, schema in known.options.items():
            options.setdefault(name, []).append(schema)
    inputs = {name: schema for properties, _ in INPUTS.values() for name, schema in properties.items()}
    return {
        "$schema": DRAFT,
        "title": "AnalysisRequest",
        "type": "object",
        "required": ["analysis", "input"],
        "properties": {
            "analysis": {"type": "string", "enum": list(ANALYSES)},
            "input": {
                "type": "object",
                "required": ["type"],
                "properties": {
                    "type": {"type": "string", "enum": list(INPUTS)},
                    **{name: _for_api(schema) for name, schema in inputs.items()},
                },
            },
            "options": {
                "type": "object",
                "properties": {name: _for_api(found[0]) for name, found in options.items() if _all_equal(found)},
            },
            **{name: _for_api(schema) for name, schema in _COMMON.items()},
        },
    }


def checked(request: Any) -> dict[str, Any]:
    """Checks a request and fills its defaults in. Raises PermanentError `bad_request` that says where it is wrong."""
    if not isinstance(request, dict):
        raise PermanentError("bad_request", "The request is not a JSON object.")
    analysis = request.get("analysis")
    if not isinstance(analysis, str) or analysis not in ANALYSES:
        raise PermanentError("bad_request", f"`analysis` is none of {', '.join(ANALYSES)}.")
    filled: dict[str, Any] = _validate(f"request/{analysis}", {"options": {}, **request})
    kind = filled["input"]["type"]
    filled["input"] = _validate(f"input/{kind}", filled["input"], "input")
    return filled


def _validate(which: str, value: Any, place: str = "") -> Any:
    from fastjsonschema import JsonSchemaValueException

    try:
        return _validator(which)(value)
    except JsonSchemaValueException as error:
        path = ".".join([*([place] if place else []), *map(str, error.path[1:])])
        where = ascii(path[:120]) if path else "the request"
        rule = f"{error.rule} {json.dumps(error.rule_definition)[:200]}"
        raise PermanentError("bad_request", f"The schema refuses {where}: {rule}.") from None


@cache
def _validator(which: str) -> Any:
    import fastjsonschema

    part, _, name = which.partition("/")
    return fastjsonschema.compile(strict_schema(name) if part == "request" else input_schema(name))


def _for_api(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in schema.items() if name in _API_KEYWORDS}


def _all_equal(schemas: list[Mapping[str, Any]]) -> bool:
    return all(_for_api(schema) == _for_api(schemas[0]) for schema in schemas)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(api_model(), indent=2) + "\n")
