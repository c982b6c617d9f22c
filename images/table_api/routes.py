"""The route table and the walk of one request: read the event, find the route, run it, answer, log one line."""

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lambda_kit.error_place import error_place
from lambda_kit.problem import Problem, internal
from table_api import item_routes
from table_api.item_query import query_of
from table_api.item_search import ItemSearch
from table_api.item_store import ItemStore
from table_api.request import DOCUMENT, ITEM, ITEMS, SEARCH, Request, request_from_event
from table_api.response import Response, json_response

Route = Callable[[Request, ItemStore], Response]
ITEM_ROUTES: dict[str, dict[str, Route]] = {
    ITEMS: {"GET": item_routes.list_page, "POST": item_routes.create},
    ITEM: {
        "GET": item_routes.read,
        "PUT": item_routes.replace,
        "PATCH": item_routes.patch,
        "DELETE": item_routes.delete,
    },
}
_METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"}


@dataclass(frozen=True, kw_only=True)
class TableApi:
    """The API over a store and a search; `log` takes one line for each request."""

    store: ItemStore
    search: ItemSearch
    log: Callable[[str], object]

    def answer(self, event: Any, request_id: str) -> dict[str, Any]:
        """Answers any event with a proxy response; never raises, never shows an exception."""
        started = time.perf_counter()
        request: Request | None = None
        problem: Problem | None = None
        try:
            request = request_from_event(event)
            response = self._routed(request)
        except Problem as known:
            problem = known
        except Exception as unknown:  # the edge: whatever it is, the caller gets a 500 and the log its type and place
            problem = internal(error_place(unknown))
        if problem is not None:
            response = json_response(problem.status, problem.body(request_id), problem.headers)
        self.log(_log_line(request, response, problem, request_id, time.perf_counter() - started))
        return response.to_proxy()

    def _routed(self, request: Request) -> Response:
        if request.route == SEARCH:
            _only_methods(request, ["GET"])
            return Response(status=200, body=self.search.run(query_of(request)))
        if request.route == DOCUMENT:
            _only_methods(request, ["GET"])
        routes = ITEM_ROUTES.get(request.route or "")
        if routes is None:
            hint = f"GET {DOCUMENT}, below the stage, lists every path. Items are at /items, their search at /search."
            raise Problem(404, "unknown_route", "There is nothing at this path.", hint)
        _only_methods(request, list(routes))
        if routes[request.method] is not item_routes.list_page:
            request.only_queries(())
        return routes[request.method](request, self.store)


def _only_methods(request: Request, allowed: list[str]) -> None:
    if request.method not in allowed:
        listed = ", ".join(allowed)
        raise Problem(
            405, "method_not_allowed", "This path has no such method.", f"Use {listed}.", headers={"Allow": listed}
        )


def _log_line(
    request: Request | None, response: Response, problem: Problem | None, request_id: str, seconds: float
) -> str:
    line: dict[str, Any] = {
        "method": request.method if request and request.method in _METHODS else None,
        "resource": request.route if request else None,
        "status": response.status,
        "milliseconds": round(seconds * 1000, 1),
        "request_id": request_id,
    }
    if request and request.path_id:
        line["id_hash"] = hashlib.sha256(request.path_id.encode(errors="surrogatepass")).hexdigest()[:12]
    if problem is not None:
        line["error"] = problem.code
    if problem is not None and problem.cause:
        line["cause"] = problem.cause
    return json.dumps(line)
