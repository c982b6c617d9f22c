"""What each route on items does, once its request is known to be one."""

import uuid
from typing import Any
from urllib.parse import quote

from lambda_kit.problem import bad_request
from table_api.item_id import valid_id
from table_api.item_json import Attributes, attribute_name, dump, item_from_attributes, to_attribute
from table_api.item_store import KEY, ItemStore
from table_api.page_cursor import cursor_after, item_id_of
from table_api.page_size import fitting
from table_api.request import ITEMS, Request
from table_api.response import Response, json_response

MAX_LIMIT = 100


def create(request: Request, store: ItemStore) -> Response:
    """POST /items: 201 and the id, which is made here when the body has none."""
    item = request.json_object()
    fresh_id = KEY not in item
    item_id = valid_id(item.setdefault(KEY, str(uuid.uuid4())))
    store.create(_attributes(item), fresh_id=fresh_id)
    # Relative to the request's own URL, since only the caller knows what stands before it: a stage, a base path.
    # https://www.rfc-editor.org/rfc/rfc9110#name-location
    return json_response(201, {KEY: item_id}, {"Location": f"{ITEMS[1:]}/{quote(item_id, safe='')}"})


def read(request: Request, store: ItemStore) -> Response:
    """GET /items/{id}: the item."""
    return json_response(200, item_from_attributes(store.read(request.item_id())))


def replace(request: Request, store: ItemStore) -> Response:
    """PUT /items/{id}: 201 when it is new (at the very path that was asked, so without `Location`), else 200."""
    item_id = request.item_id()
    item = _same_id(request.json_object(), item_id)
    return json_response(201 if store.replace(_attributes(item)) else 200, {KEY: item_id})


def patch(request: Request, store: ItemStore) -> Response:
    """PATCH /items/{id}: top-level attributes are set, or removed by null (RFC 7396, one level); the new item."""
    item_id = request.item_id()
    item = _same_id(request.json_object(), item_id)
    changes = {name: value for name, value in item.items() if name != KEY}
    if not changes:
        raise bad_request("empty_patch", "The patch changes nothing.", 'Name what changes, e.g. {"type": "New"}.')
    removals = [attribute_name(name) for name, value in changes.items() if value is None]
    sets = _attributes({name: value for name, value in changes.items() if value is not None})
    return json_response(200, item_from_attributes(store.update(item_id, sets, removals)))


def delete(request: Request, store: ItemStore) -> Response:
    """DELETE /items/{id}: 204."""
    store.delete(request.item_id())
    return Response(status=204)


def list_page(request: Request, store: ItemStore) -> Response:
    """GET /items: `{"items", "next"}`; `next` is null at the end. In no order that means anything (a scan)."""
    request.only_queries(("limit", "next"))
    limit = request.integer("limit", default=25, lowest=1, highest=MAX_LIMIT)
    cursor = request.text("next")
    found, more = store.page(limit=limit, after=None if cursor is None else item_id_of(cursor))
    items = fitting([dump(item_from_attributes(attributes)) for attributes in found])
    next_cursor = None
    if items and (more or len(items) < len(found)):
        next_cursor = cursor_after(found[len(items) - 1][KEY]["S"])
    body = b'{"items":[' + b",".join(items) + b'],"next":' + dump(next_cursor) + b"}"
    return Response(status=200, body=body)


def _attributes(item: dict[str, Any]) -> Attributes:
    return {attribute_name(name): to_attribute(value) for name, value in item.items()}


def _same_id(item: dict[str, Any], item_id: str) -> dict[str, Any]:
    if item.setdefault(KEY, item_id) != item_id:
        raise bad_request("id_mismatch", "The body's id is not the path's.", "Leave it out of the body.")
    return item
