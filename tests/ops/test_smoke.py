"""The smoke test's judgements: causes that only AWS has, what needs what, and that it cleans up whatever happens."""

import http.server
import json
import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError
from opensearchpy.exceptions import AuthorizationException, ConnectionError, NotFoundError, RequestError

from changefeed.plan.document_id import document_id
from ops.__main__ import main
from ops.smoke.alarms import alarms_are_there_and_quiet
from ops.smoke.analysis import an_analysis_succeeds
from ops.smoke.api import ItemApi
from ops.smoke.burst import a_burst_arrives
from ops.smoke.check import Finding, NotTried, State
from ops.smoke.checks import CHECKS, Check
from ops.smoke.collection import indexes_can_be_read, the_collection_keeps_its_promises
from ops.smoke.display import print_finding
from ops.smoke.hostile import HOSTILE, hostile_items_arrive
from ops.smoke.letters import count_letters, no_letter_waits
from ops.smoke.own_items import remove_left_overs
from ops.smoke.round_trip import a_change_arrives, a_delete_arrives, a_new_item_arrives, a_search_finds_it
from ops.smoke.run import smoke
from ops.smoke.scene import Patience, Scene
from ops.smoke.why_behind import why_behind
from ops.stack import Stack
from ops.trouble.aws import aws_trouble
from ops.trouble.search import search_trouble
from ops.trouble.trouble import Trouble
from ops.verify.canonical import item_digest
from ops.verify.index_walk import Document

ARN = "arn:aws:kinesis:eu-west-1:000000000000:stream/s"
OUTPUTS: dict[str, Any] = {
    "table_name": "lab-table",
    "table_stream_arn": "arn:aws:dynamodb:eu-west-1:000000000000:table/lab-table/stream/2026-01-01T00:00:00.000",
    "collection_endpoint": "https://example.eu-west-1.aoss.amazonaws.com",
    "api_url": "https://example.execute-api.eu-west-1.amazonaws.com/v1",
    "reader_alias": "lab-table",
    "indexes": {"sync_kinesis_stream": "lab-index"},
    "functions": {"sync_kinesis_stream": "sync-data", "table_api": "table-api", "scilearn": "scilearn"},
    "event_source_mappings": {"sync_kinesis_stream": "uuid-1"},
    "dead_letter_queues": {"sync_kinesis_stream": "https://sqs/dead"},
    "failure_destinations": {"sync_kinesis_stream": "arn:aws:s3:::failures"},
    "second_delete_dead_letter_queue_url": "https://sqs/second",
    "analysis_queue_url": "https://sqs/000000000000/scilearn-requests",
    "analysis_dead_letter_queue_url": "https://sqs/unhanded",
    "analysis_failure_destination": "arn:aws:sqs:eu-west-1:000000000000:scilearn-failures",
    "alarms": {"api-alarms-api-errors": "api-alarms-api-errors-1a2b3c4"},
}
PATIENCE = Patience(arrival=0, search=0, analysis=0, settle=0, burst=1)
NOT_FOUND = ClientError({"Error": {"Code": "ResourceNotFoundException", "Message": "no"}}, "Scan")


@dataclass(kw_only=True)
class Cloud:
    """Stands in for all of AWS's clients; every call is noted."""

    mapping: dict[str, Any] = field(default_factory=lambda: {"State": "Enabled", "EventSourceArn": ARN})
    destination: str = "ACTIVE"
    items: list[dict[str, Any]] = field(default_factory=list)
    waiting: dict[str, int] = field(default_factory=dict)
    held: dict[str, int] = field(default_factory=dict)
    objects: int = 0
    alarms: dict[str, str] = field(default_factory=lambda: {"api-alarms-api-errors-1a2b3c4": "OK"})
    refuse_writes: bool = False
    deleted: list[str] = field(default_factory=list)

    def get_event_source_mapping(self, **_: str) -> dict[str, Any]:
        return self.mapping

    def describe_kinesis_streaming_destination(self, **_: str) -> dict[str, Any]:
        return {"KinesisDataStreamDestinations": [{"StreamArn": ARN, "DestinationStatus": self.destination}]}

    def batch_get_item(self, *, RequestItems: dict[str, Any]) -> dict[str, Any]:
        return {"Responses": dict.fromkeys(RequestItems, self.items)}

    def batch_write_item(self, *, RequestItems: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
        if self.refuse_writes:
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "secret"}}, "BatchWriteItem")
        self.deleted += [each["DeleteRequest"]["Key"]["id"]["S"] for each in RequestItems["lab-table"]]
        return {}

    def get_queue_attributes(self, *, QueueUrl: str, AttributeNames: Sequence[str]) -> dict[str, Any]:
        name = QueueUrl.rpartition("/")[2]
        held = AttributeNames == ["ApproximateNumberOfMessagesNotVisible"]
        return {"Attributes": dict.fromkeys(AttributeNames, str((self.held if held else self.waiting).get(name, 0)))}

    def list_objects_v2(self, **_: Any) -> dict[str, Any]:
        return {"KeyCount": self.objects}

    def describe_alarms(self, *, AlarmNames: Sequence[str], **_: Any) -> dict[str, Any]:
        found = {name: state for name, state in self.alarms.items() if name in AlarmNames}
        return {
            "MetricAlarms": [
                {"AlarmName": n, "StateValue": s, "AlarmDescription": "It rings."} for n, s in found.items()
            ]
        }


@dataclass(frozen=True, kw_only=True)
class FakeStack(Stack):
    """A stack whose clients are all the same stand-in."""

    cloud: Any
    engine: Any = None

    def client(self, service: str, **_: Any) -> Any:
        return self.cloud

    def search(self) -> Any:
        return self.engine


def scene_of(cloud: Any = None, engine: Any = None, **changed: Any) -> Scene:
    outputs = {name: value for name, value in {**OUTPUTS, **changed}.items() if value is not None}
    stack = FakeStack(name="dev", outputs=outputs, cloud=cloud or Cloud(), engine=engine)
    return Scene(stack=stack, patience=PATIENCE, flag=" --stack dev")


def cause_of(cloud: Cloud, scene: Scene | None = None) -> Trouble:
    scene = scene or scene_of(cloud)
    cloud.items = cloud.items or [{"id": {"S": "smoke-1"}}]
    return why_behind(scene, scene.stack.consumers(), 1, {"smoke-1": {"id": {"S": "smoke-1"}}})


@pytest.mark.parametrize(
    ("cloud", "cause", "cure"),
    [
        (Cloud(mapping={"State": "Disabled"}), "sync_kinesis_stream is Disabled", "--uuid uuid-1 --enabled"),
        (Cloud(destination="DISABLED"), "does not send its changes", "pulumi up"),
        (Cloud(items=[{"id": {"S": "other"}}]), "something else changes this test's items", "one smoke test"),
        (Cloud(waiting={"dead": 2}), "2 new dead letters", "redrive sync_kinesis_stream --dry-run --stack dev"),
        (
            Cloud(
                mapping={"State": "Enabled", "EventSourceArn": ARN, "LastProcessingResult": "PROBLEM: Function call"}
            ),
            "function of sync_kinesis_stream fails",
            "aws logs tail /aws/lambda/sync-data",
        ),
        (
            Cloud(mapping={"State": "Enabled", "EventSourceArn": ARN, "LastProcessingResult": "OK"}),
            "it is slow",
            "smoke --arrival 180 --stack dev",
        ),
    ],
)
def test_why_an_index_is_behind(cloud: Cloud, cause: str, cure: str) -> None:
    red = cause_of(cloud)
    assert cause in red.cause
    assert cure in red.cure
    assert red.seen == "1 change is not in lab-index after 0 s"


def test_letters_from_before_the_run_explain_nothing() -> None:
    cloud = Cloud(waiting={"dead": 2})
    scene = scene_of(cloud)
    scene.letters_before = {"sync_kinesis_stream": 2}
    assert "dead letters" not in cause_of(cloud, scene).cause


@pytest.mark.parametrize(
    ("error", "cause", "cure"),
    [
        (ClientError({"Error": {"Code": "AccessDenied", "Message": "m"}}, "Scan"), "may not call Scan", "attach-role"),
        (ClientError({"Error": {"Code": "ExpiredToken", "Message": "m"}}, "Scan"), "have ended", "Log in"),
        (NOT_FOUND, "is gone", "pulumi up --refresh"),
        (ClientError({"Error": {"Code": "Odd", "Message": "m"}}, "Scan"), "Scan was refused", "code"),
        (EndpointConnectionError(endpoint_url="https://e"), "can't be reached", "Is the stack up"),
        (NoCredentialsError(), "credentials", "Log in"),
    ],
)
def test_an_error_of_aws_has_its_cause(error: Any, cause: str, cure: str) -> None:
    red = aws_trouble("it", error)
    assert cause in red.cause
    assert cure in red.cure


@pytest.mark.parametrize(
    ("error", "cause", "cure"),
    [
        (AuthorizationException(403, "security_exception", {}), "doesn't let", "aoss:APIAccessAll"),
        (NotFoundError(404, "index_not_found_exception", {}), "deleted", "sync-kinesis-stream-index-creation"),
        (ConnectionError("N/A", "down", Exception()), "can't be reached", "VPC"),
        (RequestError(400, "odd_exception", {}), "can't serve", "probe --stack dev"),
    ],
)
def test_an_error_of_the_collection_has_its_cause(error: Any, cause: str, cure: str) -> None:
    scene = scene_of()
    red = search_trouble(error, scene.where(scene.stack.consumers()[0]))
    assert cause in red.cause
    assert cure in red.cure


def test_every_place_of_failures_is_counted() -> None:
    waiting = {"dead": 1, "second": 2, "unhanded": 3, "scilearn-failures": 4}
    held = {"second": 7}  # by a reader; they are no less there
    counts = count_letters(scene_of(Cloud(waiting=waiting, held=held, objects=5)).stack)
    assert counts == {
        "sync_kinesis_stream": 6,
        "second deletes": 9,
        "analyses not handed over": 3,
        "failed analyses": 4,
    }


@pytest.mark.parametrize(
    ("queue", "words"),
    [
        ("dead", "redrive sync_kinesis_stream --dry-run"),
        ("second", "dead-deletes"),
        ("unhanded", "not-handed-over"),
        ("scilearn-failures", "resend --dry-run"),
    ],
)
def test_a_letter_in_any_place_is_found_with_its_cure(queue: str, words: str) -> None:
    scene = scene_of(Cloud(waiting={queue: 3}))
    with pytest.raises(Trouble, match="3 of them since this run began") as red:
        no_letter_waits(scene)
    assert words in red.value.cure


def test_a_topic_as_destination_of_failures_keeps_none_to_count() -> None:
    topic = scene_of(analysis_failure_destination="arn:aws:sns:eu-west-1:000000000000:t")
    assert no_letter_waits(topic) == "all 3 places of failures are empty"


def test_alarms_are_asked_for_in_parts_and_a_missing_one_is_found() -> None:
    names = {f"a-alarms-{number}": f"alarm-{number}" for number in range(150)}
    cloud = Cloud(alarms=dict.fromkeys(names.values(), "INSUFFICIENT_DATA"))
    assert alarms_are_there_and_quiet(scene_of(cloud, alarms=names)) == "all 150 are there, none rings"
    del cloud.alarms["alarm-149"]
    with pytest.raises(Trouble, match="1 of 150 alarms are missing: a-alarms-149") as red:
        alarms_are_there_and_quiet(scene_of(cloud, alarms=names))
    assert red.value.cure == "Make them again: pulumi up --refresh"


def test_a_stack_without_alarms_or_analyses_is_no_failure() -> None:
    with pytest.raises(NotTried):
        alarms_are_there_and_quiet(scene_of(alarms=None))
    with pytest.raises(NotTried):
        an_analysis_succeeds(scene_of(analysis_queue_url=None))


class Answers(http.server.BaseHTTPRequestHandler):
    """Answers each request with the next of `planned`, the last one for ever, and notes what came."""

    planned: list[tuple[int, Any]] = []  # noqa: RUF012 - one server a test
    came: list[tuple[str, Mapping[str, str]]] = []  # noqa: RUF012

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.came.append((f"{self.command} {self.path}", dict(self.headers)))
        status, body = self.planned.pop(0) if len(self.planned) > 1 else self.planned[0]
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    do_GET = do_POST = do_PATCH = do_DELETE = answer

    def log_message(self, *_: object) -> None:
        return


Serve = Callable[..., str]


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """Starts the API with these answers. Gives its URL."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIATEST")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()

        def plan(*answers: tuple[int, Any]) -> str:
            Answers.planned, Answers.came = list(answers), []
            return f"http://127.0.0.1:{server.server_port}"

        yield plan
        server.shutdown()


def problem(code: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": "of an item", "hint": "h"}}


def test_a_call_is_signed_and_sent_again_when_the_api_asks_for_it(serve: Serve) -> None:
    scene = scene_of(api_url=serve((429, problem("throttled")), (201, {"id": "i"})))
    scene.api.create(scene.item("a", {"text": {"S": "t"}}))
    assert [path for path, _ in Answers.came] == ["POST /items"] * 2
    authorization = Answers.came[0][1]["Authorization"]
    assert "AKIATEST/" in authorization
    assert "/eu-west-1/execute-api/aws4_request" in authorization


def test_a_stack_with_a_key_is_called_with_it(serve: Serve) -> None:
    class Gateway:
        def get_api_key(self, *, apiKey: str, includeValue: bool) -> dict[str, str]:
            return {"value": f"value of {apiKey}"} if includeValue else {}

    scene = scene_of(Gateway(), api_url=serve((200, {"items": [{"id": "a"}]})), api_key_id="k")
    assert scene.api.search("two words") == ["a"]
    [(path, headers)] = Answers.came
    assert (path, headers["x-api-key"]) == ("GET /search?q=two%20words", "value of k")
    assert "Authorization" not in headers


@pytest.mark.parametrize(
    ("status", "body", "cause", "cure"),
    [
        (403, problem("access_denied"), "may not call this path", "operator_policy_arn"),
        (403, problem("invalid_signature"), "clock", "clock"),
        (403, problem("expired_token"), "have ended", "Log in"),
        (404, problem("unknown_route"), "not what this version", "pulumi up"),
        (502, problem("gateway_error"), "function behind the API failed", "logs tail /aws/lambda/table-api"),
        (500, "no object", "function behind the API failed", "logs tail /aws/lambda/table-api"),
        (418, {}, "refused a request that is right", "pulumi up"),
    ],
)
def test_a_refusal_has_its_cause(serve: Serve, status: int, body: Any, cause: str, cure: str) -> None:
    scene = scene_of(api_url=serve((status, body)))
    with pytest.raises(Trouble) as red:
        scene.api.search("w")
    assert cause in red.value.cause
    assert cure in red.value.cure
    assert "of an item" not in f"{red.value.seen}{red.value.cause}{red.value.cure}"


def test_an_api_that_nobody_answers_for(serve: Serve) -> None:
    serve((200, {}))
    with pytest.raises(Trouble, match="got no answer"):
        ItemApi(scene_of(api_url="http://127.0.0.1:1").stack, "logs").search("w")


def accepted(state: str, **more: Any) -> tuple[tuple[int, Any], ...]:
    return (202, {"request_id": "r-1="}), (200, {"state": state, **more})


def test_an_analysis_that_failed_or_is_wrong_is_red(serve: Serve) -> None:
    right = {"result": {"columns": {"number": {"mean": 10.5}}}}
    assert "is right" in an_analysis_succeeds(scene_of(api_url=serve(*accepted("succeeded", result=right))))
    assert Answers.came[-1][0] == "GET /analyses/r-1%3D"
    wrong = {"result": {"columns": {"number": {"mean": 11}}}}
    with pytest.raises(Trouble, match="the analysis says 11"):
        an_analysis_succeeds(scene_of(api_url=serve(*accepted("succeeded", result=wrong))))
    with pytest.raises(Trouble, match="failed: time_limit"):
        an_analysis_succeeds(scene_of(api_url=serve(*accepted("failed", reason={"code": "time_limit"}))))
    with pytest.raises(Trouble, match="is running after 0 s"):
        an_analysis_succeeds(scene_of(api_url=serve(*accepted("running"))))


class Engine:
    """An engine that knows where the alias points."""

    def __init__(self, index: str) -> None:
        self.indices = self
        self._index = index

    def get_alias(self, *, name: str) -> dict[str, Any]:
        return {self._index: {"aliases": {name: {}}}}


def test_a_search_that_finds_only_others_is_red(serve: Serve) -> None:
    url = serve((201, {"id": "i"}), (200, {"items": [{"id": "another"}]}))
    with pytest.raises(Trouble, match="finds 1 items and not this one"):
        a_search_finds_it(scene_of(engine=Engine("lab-index"), api_url=url))


@pytest.mark.parametrize(("index", "cause"), [("old-index", "points at old-index"), ("lab-index", "refreshes late")])
def test_a_search_that_finds_nothing_looks_at_the_alias(serve: Serve, index: str, cause: str) -> None:
    url = serve((201, {"id": "i"}), (200, {"items": []}))
    with pytest.raises(Trouble, match="finds 0 items and not this one") as red:
        a_search_finds_it(scene_of(engine=Engine(index), api_url=url))
    assert cause in red.value.cause


class NoEngine(Engine):
    """An engine that refuses to say where the alias points, or anything else."""

    def __init__(self, error: Exception) -> None:
        super().__init__("")
        self._error = error

    def get_alias(self, *, name: str) -> dict[str, Any]:
        raise self._error

    def count(self, **_: str) -> dict[str, int]:
        raise self._error


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (NotFoundError(404, "aliases_not_found_exception", {}), "lab-table isn't there"),
        (AuthorizationException(403, "security_exception", {}), "may point elsewhere"),
    ],
)
def test_an_alias_that_is_gone_or_hidden_is_said(serve: Serve, error: Exception, cause: str) -> None:
    url = serve((201, {"id": "i"}), (200, {"items": []}))
    with pytest.raises(Trouble) as red:
        a_search_finds_it(scene_of(engine=NoEngine(error), api_url=url))
    assert cause in red.value.cause


def test_a_probe_that_finds_something_is_red() -> None:
    with pytest.raises(Trouble, match="lab-index can be read: there is no index lab-index") as red:
        the_collection_keeps_its_promises(
            scene_of(engine=NoEngine(NotFoundError(404, "index_not_found_exception", {})))
        )
    assert "pulumi up" in red.value.cure


class FollowingIndex:
    """An index that shows each state that the table gets, but for what `loses` names."""

    def __init__(self, loses: Callable[[str, Any], bool]) -> None:
        self.table: dict[str, Any] = {}
        self._shown: dict[str, Any] = {}
        self._loses = loses

    def write(self, name: str, item: Any) -> None:
        self.table[name] = item
        if not self._loses(name, item):
            self._shown[document_id({"id": {"S": name}})] = item

    def read(self, ids: Sequence[str]) -> dict[str, Document | None]:
        found = {each: self._shown.get(each) for each in ids}
        return {each: None if item is None else Document(1, item_digest(item), None) for each, item in found.items()}


class Writer(Cloud):
    """Writes of the API and of DynamoDB, both into the index at once."""

    def __init__(self, index: FollowingIndex) -> None:
        super().__init__()
        self.index = index

    def create(self, item: Any) -> None:
        self.index.write(item["id"]["S"], item)

    change = create

    def delete(self, item: Any) -> None:
        self.index.write(item["id"]["S"], None)

    def batch_write_item(self, *, RequestItems: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
        for each in RequestItems["lab-table"]:
            self.create(each["PutRequest"]["Item"])
        return {}

    def batch_get_item(self, *, RequestItems: dict[str, Any]) -> dict[str, Any]:
        keys = [key["id"]["S"] for key in RequestItems["lab-table"]["Keys"]]
        return {"Responses": {"lab-table": [item for key in keys if (item := self.index.table.get(key))]}}


def followed(loses: Callable[[str, Any], bool] = lambda _name, _item: False) -> Scene:
    index = FollowingIndex(loses)
    writer = Writer(index)
    scene = scene_of(writer)
    scene.__dict__ |= {"indexes": {"sync_kinesis_stream": index}, "api": writer}  # what is made when first asked for
    scene.patience = Patience(arrival=0, search=0, analysis=0, settle=0, burst=60)
    return scene


ARRIVING = (a_new_item_arrives, a_change_arrives, a_delete_arrives, hostile_items_arrive, a_burst_arrives)


@pytest.mark.parametrize("check", ARRIVING)
def test_an_index_that_follows_is_green(check: Callable[[Scene], str]) -> None:
    assert check(followed())


@pytest.mark.parametrize(
    ("check", "loses"),
    [
        (a_new_item_arrives, lambda name, _: name.endswith("create")),
        (a_change_arrives, lambda _, item: item is not None and "smoke_added" in item),
        (a_delete_arrives, lambda _, item: item is None),
        (a_burst_arrives, lambda name, _: name.endswith("burst-59")),
        *((hostile_items_arrive, lambda name, _, bad=bad: name.endswith(bad)) for bad in HOSTILE),
    ],
)
def test_an_index_that_loses_one_change_is_red(
    check: Callable[[Scene], str], loses: Callable[[str, Any], bool]
) -> None:
    with pytest.raises(Trouble, match="1 change is not in lab-index"):
        check(followed(loses))


class LateAccess:
    """Lets nobody in for the first calls, as a collection does while its access policy is new."""

    def __init__(self, index: FollowingIndex) -> None:
        self.refusals = 3
        self._index = index

    def read(self, ids: Sequence[str]) -> dict[str, Document | None]:
        self._refuse()
        return self._index.read(ids)

    def count(self, **_: str) -> dict[str, int]:
        self._refuse()
        return {"count": 0}

    def _refuse(self) -> None:
        self.refusals -= 1
        if self.refusals >= 0:
            raise AuthorizationException(403, "security_exception", {})


@pytest.mark.parametrize("check", [a_new_item_arrives, indexes_can_be_read])
def test_access_that_comes_late_is_waited_for_and_no_longer_than_that(check: Callable[[Scene], str]) -> None:
    scene = followed()
    late = LateAccess(scene.__dict__["indexes"]["sync_kinesis_stream"])
    scene.__dict__["indexes"] = {"sync_kinesis_stream": late}
    scene.stack = FakeStack(name="dev", outputs=OUTPUTS, cloud=scene.stack.client(""), engine=late)
    scene.sleep = lambda _: None
    scene.patience = Patience(arrival=60, search=0, analysis=0, settle=0, burst=1)
    assert check(scene)
    late.refusals = 10_000
    scene.patience = PATIENCE
    with pytest.raises(Trouble) as red:
        check(scene)
    assert "doesn't let this role or user in" in red.value.cause


def ends(*outcomes: Any) -> list[Check]:
    """Makes a check of each outcome, each needing the one before it; an exception is raised."""

    def check(number: int, outcome: Any) -> Check:
        def run(scene: Scene) -> str:
            scene.item(f"{number}", {})
            if isinstance(outcome, BaseException):
                raise outcome
            return str(outcome)

        return Check(name=f"c{number}", run=run, needs=(f"c{number - 1}",) if number else ())

    return [check(number, outcome) for number, outcome in enumerate(outcomes)]


def run_of(scene: Scene, checks: Sequence[Check], *skip: str) -> tuple[bool, dict[str, Finding]]:
    findings: list[Finding] = []
    ok = smoke(scene, findings.append, checks=checks, skip=skip)
    return ok, {finding.check: finding for finding in findings}


def test_what_needs_a_failed_check_is_not_tried_however_far_behind_it() -> None:
    ok, findings = run_of(scene_of(), ends("fine", Trouble("seen", cause="c", cure="k"), "fine", "fine"))
    assert not ok
    assert [finding.state for finding in findings.values()] == ["ok", "failed", "skipped", "skipped", "ok"]
    assert findings["c3"].detail == "not tried, because c2 has not passed"
    assert (findings["c1"].detail, findings["c1"].cause, findings["c1"].cure) == ("seen", "c", "k")


def test_what_is_skipped_or_has_nothing_to_look_at_hinders_nothing() -> None:
    ok, findings = run_of(scene_of(), ends("fine", NotTried("none here"), "fine", "fine"), "c0")
    assert ok
    assert [finding.state for finding in findings.values()] == ["skipped", "skipped", "ok", "ok", "ok"]


def test_an_unexpected_error_is_a_finding_and_tells_no_content() -> None:
    error = RequestError(400, "mapper_parsing_exception", {"error": {"reason": "secret"}})
    ok, findings = run_of(scene_of(), ends(error))
    assert not ok
    assert findings["c0"].detail == "the collection answered 400 mapper_parsing_exception"
    assert "secret" not in json.dumps(findings["c0"].as_json())


@pytest.mark.parametrize("ending", [KeyboardInterrupt(), ZeroDivisionError()])
def test_whatever_ends_the_run_its_items_are_deleted(ending: BaseException) -> None:
    cloud = Cloud()
    scene = scene_of(cloud)
    with pytest.raises(type(ending)):
        run_of(scene, ends("fine", ending))
    assert cloud.deleted == [f"smoke-{scene.run_id}-{number}" for number in range(2)]


def test_a_second_signal_does_not_stop_the_cleaning_up() -> None:
    class Interrupting(Cloud):
        def batch_write_item(self, *, RequestItems: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
            os.kill(os.getpid(), signal.SIGINT)
            return super().batch_write_item(RequestItems=RequestItems)

    cloud = Interrupting()
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        ok, _ = run_of(scene_of(cloud), ends("fine"))
    finally:
        signal.signal(signal.SIGINT, before)
    assert ok
    assert len(cloud.deleted) == 1


def test_a_clean_up_that_is_refused_is_red_and_says_which_right_is_missing() -> None:
    ok, findings = run_of(scene_of(Cloud(refuse_writes=True)), ends("fine"))
    assert not ok
    assert "may not call BatchWriteItem" in findings["clean-up"].cause
    assert "secret" not in json.dumps(findings["clean-up"].as_json())


def test_a_table_that_is_gone_is_said() -> None:
    class Gone(Cloud):
        def get_paginator(self, _name: str) -> "Gone":
            return self

        def paginate(self, **_: Any) -> None:
            raise NOT_FOUND

    with pytest.raises(Trouble, match="lab-table can't be read") as red:
        remove_left_overs(scene_of(Gone()))
    assert "is gone" in red.value.cause


def test_a_red_line_has_cause_and_cure(capsys: pytest.CaptureFixture[str]) -> None:
    print_finding(Finding(check="c", state=State.FAILED, detail="seen", cause="why", cure="do", seconds=1.23))
    assert capsys.readouterr().out == "FAILED c: seen (1.2 s)\n       cause: why.\n       cure:  do\n"


@pytest.mark.parametrize("arguments", [["--skip", "everything"], ["--arrival", "-1"], ["--burst", "0"]])
def test_wrong_usage(tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "outputs.json").write_text(json.dumps(OUTPUTS))
    with pytest.raises(SystemExit) as ended:
        main(["smoke", "--outputs", str(tmp_path / "outputs.json"), *arguments])
    assert ended.value.code == 2


def test_a_run_that_leaves_everything_out_proves_nothing(tmp_path: Path) -> None:
    (tmp_path / "outputs.json").write_text(json.dumps(OUTPUTS))
    skips = [word for check in CHECKS for word in ("--skip", check.name)]
    assert main(["smoke", "--outputs", str(tmp_path / "outputs.json"), *skips]) == 2


def test_an_index_that_is_gone_is_not_waited_for() -> None:
    scene = scene_of(engine=NoEngine(NotFoundError(404, "index_not_found_exception", {})))
    scene.patience = Patience(arrival=60, search=0, analysis=0, settle=0, burst=1)
    scene.sleep = lambda _: pytest.fail("it waits")
    with pytest.raises(Trouble, match="there is no index lab-index"):
        indexes_can_be_read(scene)
