"""An index's fields as a reader needs them: how each attribute is compared, and where words are looked for.

The sync's mappings copy every value, as it is written, to the text field `WORDS`, also what a number's field can't hold
and texts too long to be compared. One field, so however many attributes the items have, a search for words works. In an
index made before that, a text is a text field with a `.keyword` beside it and is copied nowhere: both are read.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lambda_kit.field_names import unescape_name
from lambda_kit.unindexed import MARK, UNINDEXED

WORDS = "%text"
_OWN = frozenset({WORDS, UNINDEXED, MARK})
"""Fields that are no attributes. No attribute's name is ever escaped to one of these."""


@dataclass(frozen=True, kw_only=True)
class Field:
    """An attribute's field: its dotted name as items have it, its escaped path, its type.

    `compared` is the path to compare and sort by: the field itself, or the `.keyword` of a text. `in_words` is True
    where its values are copied to `WORDS`.
    """

    name: str
    path: str
    type: str
    compared: str
    in_words: bool


def fields_of(mappings: Iterable[Mapping[str, Any]]) -> list[Field]:
    """Lists the leaf fields of every index behind an alias, by their `mappings`.

    Unescapes each part of a path separately, as the sync escaped it. Two fields can have one name: an attribute `a.b`,
    and `b` in a map `a`.
    """
    fields: list[Field] = []

    def walk(properties: Mapping[str, Any], name: str, path: str) -> None:
        for part, definition in properties.items():
            if not path and part in _OWN:
                continue
            here, there = name + unescape_name(part), path + part
            walk(definition.get("properties", {}), f"{here}.", f"{there}.")
            if "type" in definition:
                fields.append(_field(here, there, definition))

    for mapping in mappings:
        walk(mapping.get("properties", {}), "", "")
    return fields


def fields_with_words(fields: Iterable[Field]) -> list[str]:
    """Lists the fields to look for words in: one, and those of an index made before there was that one."""
    return list(dict.fromkeys([WORDS, *(field.path for field in fields if not field.in_words)]))


def _field(name: str, path: str, definition: Mapping[str, Any]) -> Field:
    kind = definition["type"]
    has_keyword = kind == "text" and "keyword" in definition.get("fields", {})
    return Field(
        name=name,
        path=path,
        type=kind,
        compared=f"{path}.keyword" if has_keyword else path,
        in_words=WORDS in definition.get("copy_to", ()),
    )
