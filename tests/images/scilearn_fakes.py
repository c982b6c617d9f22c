"""Fakes of the status table, S3 and the index for the analysis service, and the event that a pipe would send.

FakeStatusTable and FakeS3 are held against botocore's models; test_scilearn_ministack.py proves that the table and a
real emulator behave alike.
"""

import copy
import io
import itertools
import json
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from scilearn.inputs import Inputs
from scilearn.limits import Limits
from scilearn.object_input import ObjectInput
from scilearn.plots import png
from scilearn.result_store import ResultStore
from scilearn.search_input import SearchInput
from scilearn.service import AnalysisService
from scilearn.status_answer import StatusAnswer
from scilearn.status_table import StatusTable
from scilearn.work import Work
from tests.fakes import FakeClock
from tests.service_models.fake_client import speaks

REQUEST_ID = "1767323045000-JKJaXmPLvHcESHA="
KEPT_SECONDS = 30 * 86_400


def client_error(code: str, status: int = 400) -> ClientError:
    """A service's refusal as botocore raises it."""
    metadata: Any = {"RequestId": "r", "HTTPStatusCode": status, "HTTPHeaders": {}, "RetryAttempts": 0}
    return ClientError({"Error": {"Code": code, "Message": "said by a test"}, "ResponseMetadata": metadata}, "Call")


@speaks("dynamodb")
class FakeStatusTable:
    """A DynamoDB client with one table. `failures` are raised by the next calls; None lets one through."""

    def __init__(self) -> None:
        self.items: dict[str, dict[str, Any]] = {}
        self.failures: deque[Exception | None] = deque()
        self.history: list[tuple[str, str]] = []

    def get_item(self, **arguments: Any) -> dict[str, Any]:
        self._fail()
        assert arguments["ConsistentRead"] is True
        item = self.items.get(arguments["Key"]["request_id"]["S"])
        return {"Item": copy.deepcopy(item)} if item else {}

    def put_item(self, **arguments: Any) -> dict[str, Any]:
        self._fail()
        item = arguments["Item"]
        found = self.items.get(item["request_id"]["S"])
        if arguments["ConditionExpression"] == "attribute_not_exists(request_id)":
            holds = found is None
        else:
            assert arguments["ConditionExpression"] == "#version = :version"
            assert arguments["ExpressionAttributeNames"] == {"#version": "version"}
            holds = found is not None and found["version"] == arguments["ExpressionAttributeValues"][":version"]
        if not holds:
            raise client_error("ConditionalCheckFailedException")
        self.items[item["request_id"]["S"]] = copy.deepcopy(item)
        self.history.append((item["request_id"]["S"], item["state"]["S"]))
        return {}

    def _fail(self) -> None:
        failure = self.failures.popleft() if self.failures else None
        if failure is not None:
            raise failure


@speaks("s3")
class FakeS3:
    """An S3 client. `failures` are raised by the next calls; None lets one through."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], bytes] = {}
        self.failures: deque[Exception | None] = deque()
        self.puts: list[str] = []

    def get_object(self, **arguments: Any) -> dict[str, Any]:
        self._fail()
        content = self.objects.get((arguments["Bucket"], arguments["Key"]))
        if content is None:
            raise client_error("NoSuchKey", 404)
        return {"ContentLength": len(content), "Body": io.BytesIO(content)}

    def put_object(self, **arguments: Any) -> dict[str, Any]:
        self._fail()
        self.objects[arguments["Bucket"], arguments["Key"]] = arguments["Body"]
        self.puts.append(arguments["Key"])
        return {}

    def _fail(self) -> None:
        failure = self.failures.popleft() if self.failures else None
        if failure is not None:
            raise failure


class FakeIndices:
    """The mapping of the one index behind the alias: two numbers and a text."""

    def get_mapping(self, *, index: str) -> dict[str, Any]:
        number = {"type": "double", "copy_to": ["%text"]}
        text = {"type": "keyword", "copy_to": ["%text"]}
        properties = {"%text": {"type": "text"}, "n": number, "arrival_delay_minutes": number, "city": text}
        return {f"{index}-1": {"mappings": {"properties": properties}}}


class FakeIndex:
    """An opensearch-py client whose every search finds all documents, in pages, in the order of their ids."""

    indices = FakeIndices()

    def __init__(self, documents: Mapping[str, dict[str, Any]]) -> None:
        self.documents = sorted(documents.items())
        self.bodies: list[dict[str, Any]] = []
        self.open_pits = 0
        self.failures: deque[Exception | None] = deque()

    def create_pit(self, *, index: str, params: Mapping[str, Any]) -> dict[str, Any]:
        self.open_pits += 1
        return {"pit_id": "pit-1"}

    def delete_pit(self, *, body: Mapping[str, Any]) -> dict[str, Any]:
        self.open_pits -= 1
        return {}

    def search(self, *, body: dict[str, Any]) -> dict[str, Any]:
        self.bodies.append(copy.deepcopy(body))
        failure = self.failures.popleft() if self.failures else None
        if failure is not None:
            raise failure
        after = body.get("search_after", [""])[0]
        page = [(key, document) for key, document in self.documents if key > after][: body["size"]]
        hits = [{"_id": key, "_source": document, "sort": [key]} for key, document in page]
        return {"timed_out": False, "_shards": {"failed": 0}, "hits": {"hits": hits}, "pit_id": "pit-1"}


def pipe_event(request: Any, *, request_id: str = REQUEST_ID, resend: int | None = None) -> list[dict[str, Any]]:
    """What a pipe hands a Lambda target for one message that the API put into the queue."""
    body = {"request_id": request_id, "accepted_at": int(request_id[:13]), "request": request}
    return raw_event(json.dumps(body | ({} if resend is None else {"resend": resend})))


def raw_event(body: Any) -> list[dict[str, Any]]:
    """A pipe's batch of one SQS record with this body."""
    return [
        {
            "messageId": "059f36b4-87a3-44ab-83d2-661975830a7d",
            "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
            "body": body,
            "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1767323045000"},
            "messageAttributes": {},
            "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
            "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:scilearn-requests",
            "awsRegion": "eu-central-1",
        }
    ]


def rows_request(rows: list[dict[str, Any]], analysis: str = "describe", **options: Any) -> dict[str, Any]:
    """A request with its rows, without plots: they take time."""
    source = {"type": "rows", "rows": rows}
    return {"analysis": analysis, "input": source, "options": options, "plots": False}


class Service:
    """The whole service over fakes. `handle` is one invocation; the clock moves only when a test says so."""

    def __init__(self, *, memory_mb: int = 1024, dynamodb: Any = None, s3: Any = None, directory: Path | None = None):
        self.clock = FakeClock()
        self.table = FakeStatusTable()
        self.s3 = FakeS3()
        self.index = FakeIndex({})
        limits = Limits(memory_mb=memory_mb)
        objects = ObjectInput(
            locations=(("data", "in/"),), client=lambda: s3 or self.s3, limits=limits, directory=directory
        )
        tokens = itertools.count()
        store = ResultStore(bucket="results", prefix="results/", client=lambda: s3 or self.s3)
        self.status_table = StatusTable(table_name="scilearn-status", client=lambda: dynamodb or self.table)
        self.service = AnalysisService(
            table=self.status_table,
            analyse=Work(inputs=Inputs(objects=objects, search=self._search, limits=limits), store=store, png=png),
            kept_seconds=KEPT_SECONDS,
            maximum_tries=3,
            new_token=lambda: str(next(tokens)),
            now=self.clock,
        )
        self.limits = limits

    def _search(self) -> SearchInput:
        return SearchInput(client=self.index, alias="lab-table", row_limit=5_000, limits=self.limits)

    def handle(self, event: Any, invocation_id: str = "invocation-1", seconds_left: float = 60.0) -> dict[str, Any]:
        return self.service.handle(event, invocation_id=invocation_id, seconds_left=seconds_left)

    def result(self, request_id: str = REQUEST_ID) -> dict[str, Any]:
        """The stored result.json."""
        content: dict[str, Any] = json.loads(self.s3.objects["results", f"results/{request_id}/result.json"])
        return content

    def status(self, request_id: Any = REQUEST_ID) -> dict[str, Any]:
        """What GET /analyses/{id} says."""
        return self.answer().of(request_id)

    def answer(self) -> StatusAnswer:
        return StatusAnswer(
            read=self.status_table.read,
            link=lambda bucket, key: f"https://{bucket}.example/{key}?signed",
            queue_retention_seconds=4 * 86_400,
            link_seconds=900,
            now=self.clock,
        )
