"""The table of every setting: its values and default from the models, what it is for from the models or the example.

A model's own description of a key comes first. Where it has none, the comment beside the key in settings.example.yaml
is taken: the lines above it, and what follows the value.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from infra.settings.sections import Settings
from local.layout import ROOT
from tools.reference.markdown import table

EXAMPLE = ROOT / "settings.example.yaml"
LINE = re.compile(r"(?P<indent> *)(?:(?:driftless:)?(?P<key>[\w]+):(?= |$))?[^#]*(?:# ?(?P<comment>.*))?")
BARE = re.compile(r"\d+ to \d+|default:? [\w -]+")  # a comment that says no more than the columns beside it
LONGEST_PATTERN = 40
Schema = Mapping[str, Any]


def settings() -> str:
    """Returns a section for each section of the settings, nested ones too."""
    schema = Settings.model_json_schema()
    return "\n\n".join(_sections("", schema, schema.get("$defs", {}), comments(EXAMPLE.read_text(encoding="utf-8"))))


def comments(text: str) -> dict[str, str]:
    """Returns the comments of an example file by dotted key. It must be in block style, as ours is."""
    found: dict[str, str] = {}
    path: list[tuple[int, str]] = []
    above: list[str] = []
    for line in text.partition("\nconfig:\n")[2].splitlines():
        parts = LINE.match(line)
        if not parts or not parts["key"]:
            above = [*above, parts["comment"]] if parts and parts["comment"] else []
            continue
        path = [*(outer for outer in path if outer[0] < len(parts["indent"])), (len(parts["indent"]), parts["key"])]
        found[".".join(key for _, key in path)] = " ".join([*above, *filter(None, [parts["comment"]])])
        above = []
    return found


def _sections(path: str, schema: Schema, models: Schema, known: Mapping[str, str]) -> Iterator[str]:
    dot = f"{path}." if path else ""
    nested: dict[str, Schema] = {}
    rows: list[list[str]] = []
    for key, found in schema["properties"].items():
        reference = found.get("$ref") or found.get("allOf", [{}])[0].get("$ref", "")
        if model := models.get(reference.rpartition("/")[2]):
            nested[f"{dot}{key}"] = model
        else:
            what = str(found.get("description") or known.get(f"{dot}{key}", ""))
            rows.append([f"`{key}`", values(found), _default(found), "" if BARE.fullmatch(what) else what])
    heading = f"### {path or 'The whole stack'}"
    about = (schema.get("description", "").split("\n\n") or [""])[0] if path else ""
    body = [table(["Key", "Values", "Default", "What"], rows)] if rows else []
    yield "\n\n".join(filter(None, [heading, about, *body]))
    for inner, model in nested.items():
        yield from _sections(inner, model, models, known)


def values(schema: Schema) -> str:
    """Returns in words what a key may hold, as far as its JSON schema knows."""
    if "anyOf" in schema:
        return values(next(each for each in schema["anyOf"] if each.get("type") != "null"))
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    match schema.get("type"):
        case "boolean":
            return "`true`, `false`"
        case "array":
            return f"list of: {values(schema['items'])}{_up_to(schema.get('maxItems'))}"
        case "object":
            return f"names with a text each{_up_to(schema.get('maxProperties'))}"
        case "integer" | "number":
            least = f"{schema['minimum']}" if "minimum" in schema else f"above {schema['exclusiveMinimum']}"
            return f"{least} to {schema['maximum']:.0f}" if "maximum" in schema else f"{least} or more"
    pattern = schema.get("pattern", "")
    shown = f", as `{pattern}`" if 0 < len(pattern) <= LONGEST_PATTERN else ""
    length = " of {minLength} to {maxLength} characters".format_map(schema) if "minLength" in schema else ""
    length = length or _up_to(schema.get("maxLength"))
    return f"text{length}{shown}"


def _up_to(limit: int | None) -> str:
    return f", at most {limit}" if limit else ""


def _default(schema: Schema) -> str:
    value = schema.get("default")
    if value in (None, "", [], {}):
        return "none"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"
