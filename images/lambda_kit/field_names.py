"""An attribute's name as a field of the index: one attribute, one field, and back again.

Escaped are every dot (OpenSearch would make objects of it, which collide with the attribute before the dot) and, at the
top of a document, a leading underscore: there the engine and its plug-ins keep names to themselves. Some of these they
refuse (`_id`), others they take once and then break the index by (`__soft_deletes`, `_tombstone`: every later delete of
any item fails its shard, tried on 2.19.1). Whoever writes, reads or searches documents goes by this one rule.
"""

from urllib.parse import unquote

_EMPTY_NAME = "%"


def escape_name(name: str, *, top: bool = False) -> str:
    """Returns the field name for an attribute name: itself wherever OpenSearch takes it as one plain field.

    `%` introduces an escape and is escaped too, so that `unescape_name` always gives the attribute's name back.
    """
    if not name:
        return _EMPTY_NAME
    escaped = name.replace("%", "%25").replace(".", "%2E")
    if top and name[0] == "_":
        return "%5F" + escaped[1:]
    if not escaped.strip():  # a blank name is refused
        return "".join(f"%{byte:02X}" for byte in escaped.encode())
    return escaped


def unescape_name(field: str) -> str:
    """Gives the attribute name behind a field name."""
    return "" if field == _EMPTY_NAME else unquote(field)
