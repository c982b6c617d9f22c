"""An attribute's name as a field of the index: escaped where OpenSearch refuses the name, and back again.

Which names it refuses was tried on 2.19.1. Whoever writes, reads or searches documents goes by this one rule.
"""

from urllib.parse import unquote

METADATA_NAMES = frozenset(
    {"_id", "_source", "_version", "_routing", "_seq_no", "_primary_term", "_index", "_field_names", "_ignored"}
    | {"_doc_count", "_nested_path", "_feature"}
)
"""Names that OpenSearch keeps for itself at the top of a document; further down they are ordinary."""

_EMPTY_NAME = "%"


def escape_name(name: str, *, top: bool = False) -> str:
    """Gives the field name for an attribute name: itself wherever OpenSearch takes it.

    `%` introduces an escape and is itself escaped, so that `unescape_name` always gets the attribute's name back.
    """
    if not name:
        return _EMPTY_NAME
    escaped = name.replace("%", "%25")
    if top and name in METADATA_NAMES:
        return "%5F" + escaped[1:]
    *parents, leaf = escaped.split(".")
    # A last empty segment ("a.") is accepted by OpenSearch; an empty or blank one anywhere else is not.
    if any(not part.strip() for part in parents) or (leaf and not leaf.strip()):
        escaped = escaped.replace(".", "%2E")
        if not escaped.strip():
            escaped = "".join(f"%{byte:02X}" for byte in escaped.encode())
    return escaped


def unescape_name(field: str) -> str:
    """Gives the attribute name behind a field name."""
    return "" if field == _EMPTY_NAME else unquote(field)
