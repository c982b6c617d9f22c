"""Stand-ins for what the sync talks to: index, table, queue, Lambda's context and the clock.

`ModelIndex` answers as OpenSearch 2.19.1 does; changefeed/test_real_node.py holds it against a real node.
"""

import base64
import copy
import json
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from changefeed.errors import BulkRequestError
from lambda_kit.unindexed import whole_document
from tests.service_models.fake_client import speaks

NOW = 1_767_323_045.0
"""When most tests happen: the second of the recorded events."""


@dataclass(kw_only=True)
class FakeClock:
    """Seconds since the epoch. It moves only when somebody sleeps or a test says so."""

    now: float = NOW
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@dataclass(kw_only=True)
class FakeContext:
    """Lambda's context object: `seconds` of time from when it is made."""

    clock: FakeClock
    seconds: float = 60.0

    def __post_init__(self) -> None:
        self._deadline = self.clock.now + self.seconds

    def seconds_left(self) -> float:
        return self._deadline - self.clock.now

    def get_remaining_time_in_millis(self) -> int:
        return int(self.seconds_left() * 1000)


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What happens to one bulk request instead of an answer.

    `status` answers the whole request, or only the items of `ids`, with it. `lost` never arrives, `unanswered` is
    applied without an answer, `late` is applied some time after, `cut_off` is answered by half, and of `killed` the
    caller never hears more. `meanwhile` is run before.
    """

    status: int | None = None
    ids: frozenset[str] = frozenset()
    error_type: str = "rejected_execution_exception"
    lost: bool = False
    unanswered: bool = False
    late: bool = False
    until_timeout: bool = False
    """Whether the caller waits for its whole time-out, or sees at once that there will be no answer."""
    cut_off: bool = False
    killed: bool = False
    meanwhile: Callable[[], None] | None = None


class ConsumerKilled(BaseException):
    """A consumer's process ended here: nothing of it runs on."""


@dataclass(kw_only=True)
class ModelIndex:
    """One index: a callable like `BulkTransport`. Refuses documents for which `is_poison` says so, in whatever form.

    `is_odd` documents are refused by the mapping: they go in where the odd attribute isn't indexed.

    `highest` is the highest version that a document ever had: what the index itself may forget.
    """

    can_be_mended = True

    clock: FakeClock = field(default_factory=FakeClock)
    gc_deletes_seconds: float = 60.0
    is_poison: Callable[[Any], bool] = lambda document: "poison" in whole_document(document)
    is_odd: Callable[[Any], bool] = lambda document: "odd" in document
    largest_request_bytes: int = 100_000_000
    seconds_a_request: float = 0.001
    documents: dict[str, tuple[int, Any]] = field(default_factory=dict)
    guards: dict[str, tuple[int, float]] = field(default_factory=dict)
    faults: deque[Fault | None] = field(default_factory=deque)
    requests: list[bytes] = field(default_factory=list)
    timeouts: list[float] = field(default_factory=list)
    late_requests: list[tuple[float, bytes]] = field(default_factory=list)
    longest_lateness_seconds: float = 20.0
    returned: set[str] = field(default_factory=set)
    """Ids of documents that a late request has made, and of which no answered request has told since."""
    highest: dict[str, int] = field(default_factory=dict)

    def __call__(self, body: bytes, timeout_seconds: float) -> tuple[int, bytes]:
        self.requests.append(body)
        self.timeouts.append(timeout_seconds)
        self.clock.now += self.seconds_a_request
        fault = (self.faults.popleft() if self.faults else None) or Fault()
        if fault.meanwhile is not None:
            fault.meanwhile()
        self._land_overdue()
        if fault.late:
            self.late_requests.append((self.clock.now, body))
        elif fault.unanswered or fault.killed:
            self.apply(body)
        if fault.killed:
            raise ConsumerKilled
        if fault.lost or fault.late or fault.unanswered:
            self.clock.now += timeout_seconds if fault.until_timeout else min(timeout_seconds, 1.0)
            raise BulkRequestError("No answer to a bulk request: ReadTimeout.")
        if fault.status is not None and not fault.ids:
            return _whole_request(fault.status, fault.error_type)
        status, answer = self.apply(body, fault)
        self.returned -= {target["_id"] for _, target, _ in bulk_actions(body)} - fault.ids
        return status, answer[: len(answer) // 2] if fault.cut_off else answer

    def land_late_requests(self) -> None:
        """Apply what timed out and was still on its way, oldest first; what is overdue landed when it was due."""
        self._land_overdue()
        while self.late_requests:
            self._apply_late(self.late_requests.pop(0)[1])

    def restart(self) -> None:
        """Forget what is kept in memory only: the guards of deletes, and what was on its way."""
        self._land_overdue()
        self.late_requests.clear()
        self.guards.clear()

    def _land_overdue(self) -> None:
        now = self.clock.now
        while self.late_requests and now - self.late_requests[0][0] > self.longest_lateness_seconds:
            sent, body = self.late_requests.pop(0)
            self.clock.now = sent + self.longest_lateness_seconds
            self._apply_late(body)
            self.clock.now = now

    def _apply_late(self, body: bytes) -> None:
        before = set(self.documents)
        self.apply(body)
        self.returned |= set(self.documents) - before

    def version(self, document_id: str) -> int | None:
        """The version that a write has to beat."""
        if document_id in self.documents:
            return self.documents[document_id][0]
        version, deleted_at = self.guards.get(document_id, (0, -1e18))
        return version if self.clock.now - deleted_at <= self.gc_deletes_seconds else None

    def versions(self, ids: Sequence[str], timeout_seconds: float) -> dict[str, int]:
        """The versions of those documents that are there."""
        self._land_overdue()
        return {key: self.documents[key][0] for key in ids if key in self.documents}

    def leap(self, identifier: str, version: int) -> None:
        """Gives the document another version, as somebody else's write of the same content."""
        if identifier in self.documents:
            self.documents[identifier] = (version, self.documents[identifier][1])

    def sources(self, ids: Sequence[str] | None = None) -> dict[str, Any]:
        """The documents by id: all there are, whatever ids are expected."""
        return {key: whole_document(document) for key, (_, document) in self.documents.items()}

    def apply(self, body: bytes, fault: Fault | None = None) -> tuple[int, bytes]:
        """Do what a bulk body says, now."""
        if len(body) > self.largest_request_bytes:
            return 413, b""
        actions = bulk_actions(body)
        for operation, target, _ in actions:
            if not 0 <= target["version"] < 2**63:
                coercion = target["version"] >= 0
                return _whole_request(*((500, "input_coercion_exception") if coercion else (400, _VALIDATION)))
            if operation == "index" and len(target["_id"].encode()) > 512:  # a delete's may be longer
                return _whole_request(400, _VALIDATION)
        items = [
            {operation: self._apply(operation, target, document, fault)} for operation, target, document in actions
        ]
        errors = any("error" in answer for item in items for answer in item.values())
        return 200, json.dumps({"took": 3, "errors": errors, "items": items}, separators=(",", ":")).encode()

    def _apply(self, operation: str, target: Mapping[str, Any], document: Any, fault: Fault | None) -> dict[str, Any]:
        key, version = target["_id"], target["version"]
        if fault and fault.status is not None and key in fault.ids:
            return _item_error(key, fault.status, fault.error_type, "said by a test")
        if document is not None and (self.is_poison(document) or self.is_odd(document)):
            return _item_error(key, 400, "mapper_parsing_exception", f"failed to parse, preview: '{document}'")
        current = self.version(key)
        strict = target["version_type"] == "external"
        if current is not None and (current > version or (strict and current == version)):
            higher = "higher or equal to" if strict else "higher than"
            reason = f"[{key}]: version conflict, current version [{current}] is {higher} the one provided [{version}]"
            return _item_error(key, 409, "version_conflict_engine_exception", reason)
        answer = {"_index": "i", "_id": key, "_version": version, "_seq_no": 0, "_primary_term": 1}
        self.highest[key] = max(version, self.highest.get(key, 0))
        existed = self.documents.pop(key, None) is not None
        if document is None:
            self.guards[key] = (version, self.clock.now)
            return answer | {"result": "deleted" if existed else "not_found", "status": 200 if existed else 404}
        self.guards.pop(key, None)
        self.documents[key] = (version, document)
        return answer | {"result": "updated" if existed else "created", "status": 200 if existed else 201}


_VALIDATION = "action_request_validation_exception"


def bulk_actions(body: bytes) -> list[tuple[str, dict[str, Any], Any]]:
    """A bulk body's `(operation, target, document or None)`. Numbers of documents stay texts, to the last digit."""
    assert body.endswith(b"\n"), "a bulk body ends with a line feed"
    lines = iter(body.splitlines())
    actions = []
    for line in lines:
        ((operation, target),) = json.loads(line).items()
        document = None if operation == "delete" else json.loads(next(lines), parse_float=str, parse_int=str)
        actions.append((operation, target, document))
    return actions


def bulk_lines(body: bytes) -> list[tuple[str, str, bytes]]:
    """A bulk body's `(operation, id, its lines)`, as they are sent."""
    lines = iter(body.splitlines())
    actions = []
    for line in lines:
        ((operation, target),) = json.loads(line).items()
        actions.append((operation, target["_id"], line if operation == "delete" else line + b"\n" + next(lines)))
    return actions


def _whole_request(status: int, error_type: str) -> tuple[int, bytes]:
    return status, json.dumps({"error": {"type": error_type, "reason": "of the request"}, "status": status}).encode()


def _item_error(key: str, status: int, error_type: str, reason: str) -> dict[str, Any]:
    return {"_index": "i", "_id": key, "status": status, "error": {"type": error_type, "reason": reason, "index": "i"}}


def client_error(code: str, operation: str = "BatchGetItem") -> ClientError:
    """A service's refusal, as botocore raises it."""
    return ClientError({"Error": {"Code": code, "Message": "said by a test"}}, operation)


@speaks("dynamodb")
@dataclass(kw_only=True)
class FakeTable:
    """A boto3 DynamoDB client with one table. Items go in as DynamoDB JSON and come out as boto3 gives them.

    `failures` are raised by the next reads (None: none). Each of the next `unprocessed` reads leaves its last key over.
    """

    name: str = "lab-table"
    key_schema: Mapping[str, str] = field(default_factory=lambda: {"id": "S"})
    items: dict[str, dict[str, Any]] = field(default_factory=dict)
    failures: deque[Exception | None] = field(default_factory=deque)
    unprocessed: int = 0
    reads: list[list[dict[str, Any]]] = field(default_factory=list)

    def put(self, image: Mapping[str, Any]) -> None:
        self.items[self._key(image)] = copy.deepcopy(dict(image))

    def delete(self, keys: Mapping[str, Any]) -> None:
        self.items.pop(self._key(keys), None)

    def batch_get_item(self, *, RequestItems: Mapping[str, Any]) -> dict[str, Any]:
        request = RequestItems[self.name]
        keys = list(request["Keys"])
        assert request["ConsistentRead"] is True, "a stale read could resurrect an item"
        assert 1 <= len(keys) <= 100, "BatchGetItem takes 1 to 100 keys"
        self.reads.append(keys)
        failure = self.failures.popleft() if self.failures else None
        if failure is not None:
            raise failure
        typed = [{name: next(iter(value)) for name, value in key.items()} for key in keys]
        texts = [self._key(key) if kinds == self.key_schema else "" for key, kinds in zip(keys, typed, strict=True)]
        if any(kinds != self.key_schema for kinds in typed) or len(set(texts)) < len(texts):
            raise client_error("ValidationException")
        left = keys[-1:] if self.unprocessed > 0 else []
        self.unprocessed -= 1
        found = [self.items[text] for text in texts[: len(texts) - len(left)] if text in self.items]
        over = {self.name: {**request, "Keys": left}} if left else {}
        # DynamoDB answers in any order.
        return {"Responses": {self.name: [as_boto3(image) for image in reversed(found)]}, "UnprocessedKeys": over}

    def _key(self, image: Mapping[str, Any]) -> str:
        parts = as_boto3({name: image[name] for name in sorted(self.key_schema)})
        return repr([float(value["N"]) if "N" in value else value for value in parts.values()])


def as_boto3(image: Mapping[str, Any]) -> dict[str, Any]:
    """DynamoDB JSON of an event as boto3 gives it: binary as bytes."""
    return {name: _boto3_value(value) for name, value in image.items()}


def _boto3_value(value: Mapping[str, Any]) -> dict[str, Any]:
    ((kind, content),) = value.items()
    match kind:
        case "B" if isinstance(content, str):
            content = base64.b64decode(content)
        case "BS":
            content = [base64.b64decode(part) for part in content]
        case "L":
            content = [_boto3_value(part) for part in content]
        case "M":
            content = as_boto3(content)
    return {kind: content}


@speaks("sqs")
@dataclass(kw_only=True)
class FakeQueue:
    """A boto3 SQS client that keeps what it is sent. `failures` are raised by the next calls (None: none)."""

    messages: list[dict[str, Any]] = field(default_factory=list)
    calls: list[dict[str, Any]] = field(default_factory=list)
    failures: deque[Exception | None] = field(default_factory=deque)

    def send_message(self, **arguments: Any) -> dict[str, Any]:
        failure = self.failures.popleft() if self.failures else None
        if failure is not None:
            raise failure
        body = arguments["MessageBody"]
        assert len(body.encode()) <= 1024 * 1024, "SQS takes 1 MiB"
        assert all(_sqs_takes(character) for character in set(body)), "SQS refuses this character"
        self.calls.append(arguments)
        self.messages.append(json.loads(body))
        return {"MessageId": "00000000-0000-4000-8000-000000000000"}

    def sequence_numbers(self) -> Sequence[str]:
        """Of the records parked so far."""
        return [message["sequence_number"] for message in self.messages]


def _sqs_takes(character: str) -> bool:
    code = ord(character)  # API reference of SendMessage
    return code in (0x9, 0xA, 0xD) or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or code >= 0x10000
