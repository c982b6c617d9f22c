"""Input from the search index: the documents of the readers' alias that a query finds, one page after the other.

Pages go by a point in time and `search_after` on `_id`, as in ops/verify/index_walk.py, which says why. Only scalar
values of documents are read; those inside maps are named with dots. With more documents than rows are allowed, a
reservoir sample by seed is kept (Vitter's algorithm R), so memory holds one page and the sample. After `row_limit`
documents reading ends, and the result says so.

`query` is a simple query string over all attributes, whose syntax can't fail (OpenSearch, "Simple query string");
`filters` compare an attribute's value exactly. What a document keeps unindexed is read, but neither of them sees it.
"""

import random
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lambda_kit.field_names import escape_name, unescape_name
from lambda_kit.index_fields import Field, fields_of, fields_with_words
from lambda_kit.unindexed import UNINDEXED, whole_document
from scilearn.errors import PermanentError, TransientError
from scilearn.limits import Limits
from scilearn.table import Table, table_of_rows

PAGE = 1_000
KEEP_ALIVE = "5m"
_TRANSIENT = frozenset({401, 403, 404, 408, 429})  # 401: a network policy that doesn't act yet
"""403 and 404 too: a collection's access policy takes a minute to act, and a missing index is the operator's."""


@dataclass(frozen=True, kw_only=True)
class SearchInput:
    """`client` is an opensearch-py client, `alias` the readers' alias."""

    client: Any
    alias: str
    limits: Limits
    row_limit: int = 100_000

    def read(self, source: Mapping[str, Any], *, columns: Sequence[str] | None, max_rows: int, seed: int) -> Table:
        """Reads the documents found, or a sample of them. Raises PermanentError or TransientError."""
        kept: list[tuple[int, dict[str, Any]]] = []
        names: set[str] = set()
        draw = random.Random(seed)  # noqa: S311 - a sample, no secret
        seen, rows, limit = 0, max_rows, "max_rows"
        for document in self._documents(source, columns):
            row = _flat(document, None if columns is None else set(columns))
            if not names.issuperset(row):
                names.update(row)
                self.limits.refuse_wide(texts=len(names))
                rows, limit = self.limits.rows(max_rows, texts=len(names))
                if len(kept) > rows:
                    kept = draw.sample(kept, rows)
            if len(kept) < rows and len(kept) == seen:
                kept.append((seen, row))
            elif (place := draw.randrange(seen + 1)) < min(rows, len(kept)):
                kept[place] = (seen, row)
            seen += 1
            if seen >= self.row_limit:
                limit = "search_row_limit"
                break
        kept.sort(key=lambda entry: entry[0])
        sampled_by = limit if seen > len(kept) or limit == "search_row_limit" else None
        numbers = [number for number, _ in kept]
        return table_of_rows([row for _, row in kept], row_numbers=numbers, rows_seen=seen, limit=sampled_by)

    def _documents(self, source: Mapping[str, Any], columns: Sequence[str] | None) -> Iterator[Mapping[str, Any]]:
        from opensearchpy.exceptions import OpenSearchException, OpenSearchWarning

        warnings.filterwarnings("ignore", "Loading the fielddata on the _id field", OpenSearchWarning)
        try:
            fields: list[Field] = []
            if "query" in source or source.get("filters"):
                indexes = self.client.indices.get_mapping(index=self.alias)
                fields = fields_of(index.get("mappings", {}) for index in indexes.values())
            body = _body(source, columns, fields)
            pit = self.client.create_pit(index=self.alias, params={"keep_alive": KEEP_ALIVE})["pit_id"]
            try:
                yield from self._pages(body, pit)
            finally:
                self.client.delete_pit(body={"pit_id": [pit]})
        except OpenSearchException as error:
            raise _search_error(error) from None

    def _pages(self, body: dict[str, Any], pit: str) -> Iterator[Mapping[str, Any]]:
        body = {**body, "size": PAGE, "sort": [{"_id": "asc"}], "track_total_hits": False}
        while True:
            answer = self.client.search(body={**body, "pit": {"id": pit, "keep_alive": KEEP_ALIVE}})
            if answer.get("timed_out") or answer.get("_shards", {}).get("failed"):
                raise TransientError("search_unavailable", "A part of the search index did not answer.")
            hits = answer["hits"]["hits"]
            yield from (whole_document(hit.get("_source") or {}) for hit in hits)
            if len(hits) < PAGE:
                return
            pit = answer.get("pit_id", pit)
            body["search_after"] = hits[-1]["sort"]


def _body(source: Mapping[str, Any], columns: Sequence[str] | None, fields: Sequence[Field]) -> dict[str, Any]:
    must: list[Any] = [{"match_all": {}}]
    if "query" in source:
        words = {"query": source["query"], "fields": fields_with_words(fields), "lenient": True}
        must = [{"simple_query_string": words | {"analyze_wildcard": True}}]
    compared = {field.path: field.compared for field in fields}
    filters = []
    for entry in source.get("filters", ()):
        if "equals" in entry:
            filters.append(_any("term", entry["field"], {"value": entry["equals"]}, compared))
        bounds = {"gte": entry.get("from"), "lte": entry.get("to")}
        given = {name: value for name, value in bounds.items() if value is not None}
        if given:
            filters.append(_any("range", entry["field"], given, compared))
    body: dict[str, Any] = {"query": {"bool": {"must": must, "filter": filters}}}
    wanted = None if columns is None else [path for name in columns for path in _paths(name)]
    return body | ({} if wanted is None else {"_source": [*wanted, *(f"{UNINDEXED}.{path}" for path in wanted)]})


def _any(kind: str, name: str, value: Mapping[str, Any], compared: Mapping[str, str]) -> dict[str, Any]:
    """Compares each attribute that the name can mean; also one named with the `.keyword` that texts once had."""
    paths = [path for path in _paths(name) if path in compared] or _paths(name.removesuffix(".keyword"))
    queries = [{kind: {compared[path]: value}} for path in paths if path in compared]
    return {"bool": {"should": queries}} if queries else {"match_none": {}}


def _paths(name: str) -> list[str]:
    """Lists the fields that a name can mean: one inside of maps, or one attribute whose name has dots."""
    inside = ".".join(escape_name(part, top=not place) for place, part in enumerate(name.split(".")))
    return list(dict.fromkeys([inside, escape_name(name, top=True)]))


def _flat(document: Mapping[str, Any], wanted: set[str] | None, start: str = "") -> dict[str, Any]:
    row: dict[str, Any] = {}
    for name, value in document.items():
        path = start + unescape_name(name)
        if isinstance(value, dict):
            row |= _flat(value, wanted, path + ".")
        elif wanted is None or path in wanted:
            row[path] = value
    return row


def _search_error(error: Any) -> Exception:
    status = getattr(error, "status_code", None)
    kind = type(error).__name__
    if isinstance(status, int) and 400 <= status < 500 and status not in _TRANSIENT:
        return PermanentError("search_refused", f"The index refused the query ({status} {kind}).")
    return TransientError("search_unavailable", f"The search index did not answer ({kind}).")
