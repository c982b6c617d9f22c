"""Fakes of DynamoDB and OpenSearch for the API's tests, and the events that API Gateway would send.

FakeTable is held against botocore's own model of DynamoDB; test_table_api_ministack.py proves that it and a
real emulator behave alike.
"""

import copy
import json
import re
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from table_api.item_search import ItemSearch
from table_api.item_store import ItemStore
from table_api.routes import TableApi
from tests.service_models.fake_client import speaks

REQUEST_ID = "request-1"


def client_error(operation: str, code: str, message: str = "", status: int = 400) -> ClientError:
    """An error in the shape that botocore raises."""
    metadata: Any = {"RequestId": "aws-request-1", "HTTPStatusCode": status, "HTTPHeaders": {}, "RetryAttempts": 0}
    return ClientError({"Error": {"Code": code, "Message": message}, "ResponseMetadata": metadata}, operation)


@speaks("dynamodb")
class FakeTable:
    """A DynamoDB client with one table whose key is the string `id`. `failure` is raised instead of an answer."""

    def __init__(self) -> None:
        self.items: dict[str, dict[str, Any]] = {}
        self.failure: Exception | None = None
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def put_item(self, **arguments: Any) -> dict[str, Any]:
        self._check("PutItem", arguments)
        item = copy.deepcopy(arguments["Item"])
        old = self.items.get(item["id"]["S"])
        if "attribute_not_exists" in arguments.get("ConditionExpression", "") and old is not None:
            raise client_error("PutItem", "ConditionalCheckFailedException", "The conditional request failed")
        self.items[item["id"]["S"]] = item
        return self._answer(Attributes=old if arguments.get("ReturnValues") == "ALL_OLD" else None)

    def get_item(self, **arguments: Any) -> dict[str, Any]:
        self._check("GetItem", arguments)
        return self._answer(Item=self.items.get(arguments["Key"]["id"]["S"]))

    def delete_item(self, **arguments: Any) -> dict[str, Any]:
        self._check("DeleteItem", arguments)
        self._require_existing("DeleteItem", arguments)
        del self.items[arguments["Key"]["id"]["S"]]
        return self._answer()

    def update_item(self, **arguments: Any) -> dict[str, Any]:
        self._check("UpdateItem", arguments)
        self._require_existing("UpdateItem", arguments)
        names, values = arguments["ExpressionAttributeNames"], arguments.get("ExpressionAttributeValues", {})
        expression = arguments["UpdateExpression"]
        assert len(expression.encode()) <= 4096
        assert set(re.findall(r"#\w+", f"{expression} {arguments['ConditionExpression']}")) == set(names)
        item = copy.deepcopy(self.items[arguments["Key"]["id"]["S"]])
        for name, value in re.findall(r"(#\d+)=(:\d+)", expression):
            item[names[name]] = values[value]
        for name in re.findall(r"#\d+", expression.partition("REMOVE ")[2]):
            item.pop(names[name], None)
        self.items[item["id"]["S"]] = item
        return self._answer(Attributes=item)

    def scan(self, **arguments: Any) -> dict[str, Any]:
        self._check("Scan", arguments)
        ids = sorted(self.items)
        if "ExclusiveStartKey" in arguments:
            ids = [item_id for item_id in ids if item_id > arguments["ExclusiveStartKey"]["id"]["S"]]
        page = ids[: arguments["Limit"]]
        last = {"id": {"S": page[-1]}} if len(ids) > len(page) else None
        return self._answer(Items=[self.items[item_id] for item_id in page], Count=len(page), LastEvaluatedKey=last)

    def _check(self, operation: str, arguments: dict[str, Any]) -> None:
        self.calls.append((operation, arguments))
        if self.failure is not None:
            raise self.failure

    def _require_existing(self, operation: str, arguments: dict[str, Any]) -> None:
        assert arguments["ConditionExpression"] == "attribute_exists(#key)"
        if arguments["Key"]["id"]["S"] not in self.items:
            raise client_error(operation, "ConditionalCheckFailedException", "The conditional request failed")

    def _answer(self, **parts: Any) -> dict[str, Any]:
        present = {name: copy.deepcopy(part) for name, part in parts.items() if part is not None}
        return {**present, "ResponseMetadata": {"RequestId": "aws-request-1", "HTTPStatusCode": 200}}


class FakeTransport:
    """Holds the deserializer that `lossless` sets."""

    deserializer: Any = None


class FakeIndices:
    """The mapping of the one index behind the alias."""

    def __init__(self, mapping: dict[str, Any]) -> None:
        self.mapping = mapping

    def get_mapping(self, *, index: str, params: Mapping[str, Any]) -> dict[str, Any]:
        return {f"{index}-1": {"mappings": self.mapping}}


class FakeIndex:
    """An opensearch-py client that answers every search with the text in `answer`, read by its own deserializer.

    `bodies` has the searches' bodies; `unindexed` is how many documents have the mark of an unindexed attribute.
    """

    def __init__(self) -> None:
        self.transport = FakeTransport()
        text = {"type": "keyword", "ignore_above": 512, "copy_to": ["%text"]}
        number = {"type": "double", "ignore_malformed": True, "copy_to": ["%text"]}
        origin = {"properties": {"city": text, "100%25": number, "%2Eb": text}}
        self.indices = FakeIndices(
            {
                "properties": {
                    "%text": {"type": "text"},
                    "%unindexed": {"type": "object", "enabled": False},
                    "%unindexed_attributes": {"type": "integer"},
                    "id": text,
                    "name": text,
                    "year": number,
                    "open": text,
                    "o": origin,
                    "50%25": text,
                    "%5Fid": text,
                    "a%2E%2Eb": text,
                    "old": {"type": "text", "fields": {"keyword": {"type": "keyword", "ignore_above": 1024}}},
                }
            }
        )
        self.answer = '{"hits": {"total": {"value": 0, "relation": "eq"}, "hits": []}}'
        self.unindexed = 0
        self.failure: Exception | None = None
        self.bodies: list[dict[str, Any]] = []

    def msearch(self, *, index: str, body: list[dict[str, Any]], params: Mapping[str, Any]) -> Any:
        """Answers two searches: the items', and the count of documents with unindexed attributes."""
        json.dumps(body).encode()
        _, items, _, count = body
        assert count["query"] == {"exists": {"field": "%unindexed_attributes"}}
        self.bodies.append(items)
        if self.failure is not None:
            raise self.failure
        counted = json.dumps({"hits": {"total": {"value": self.unindexed}, "hits": []}})
        text = f'{{"responses": [{self.answer}, {counted}]}}'
        return self.transport.deserializer.loads(text, "application/json")


def event(
    method: str,
    path: str,
    body: str | None = None,
    query: Mapping[str, list[str]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """A REST API's proxy event; `path` is percent-encoded, as a REST API hands it over."""
    is_item = path.startswith("/items/") and path != "/items/"
    if is_item:
        resource, parameters = "/items/{id+}", {"id": path.removeprefix("/items/")}
    elif path.rstrip("/") in ("/items", "/search", ""):
        resource, parameters = path.rstrip("/") or "/", None
    else:
        resource, parameters = "/{proxy+}", {"proxy": path.removeprefix("/")}
    return {
        "resource": resource,
        "path": path,
        "httpMethod": method,
        "headers": dict(headers or {}),
        "queryStringParameters": {name: values[0] for name, values in query.items()} if query else None,
        "multiValueQueryStringParameters": dict(query) if query else None,
        "pathParameters": parameters,
        "requestContext": {"requestId": "gateway-1", "path": f"/dev{path}"},
        "body": body,
        "isBase64Encoded": False,
    }


class Api:
    """The API over fakes. `call` gives status and parsed body (numbers as text, so that digits show)."""

    def __init__(self, dynamodb: Any = None) -> None:
        from table_api.item_search import lossless

        self.table = FakeTable()
        self.index = FakeIndex()
        self.lines: list[str] = []
        client = lossless(self.index)
        self.api = TableApi(
            store=ItemStore(table_name="lab-table", client=lambda: dynamodb or self.table),
            search=ItemSearch(alias="lab-table", client=lambda: client),
            log=self.lines.append,
        )

    def answer(self, proxy_event: Any) -> dict[str, Any]:
        return self.api.answer(proxy_event, REQUEST_ID)

    def call(self, method: str, path: str, body: Any = None, **query: str | list[str]) -> tuple[int, Any]:
        text = body if isinstance(body, str) or body is None else json.dumps(body)
        queries = {name: [value] if isinstance(value, str) else value for name, value in query.items()}
        response = self.answer(event(method, path, text, queries))
        parsed = json.loads(response["body"], parse_int=str, parse_float=str) if response["body"] else None
        return response["statusCode"], parsed
