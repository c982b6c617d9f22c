"""Flows of the API's function and of the analyses behind their queue."""

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import requests

from local.errors import LocalStackError
from tests.privileges.flow import Flow, Reached
from tests.privileges.rig import Rig

ROWS = {"type": "rows", "rows": [{"a": float(n), "b": float(n * n % 7)} for n in range(60)]}
INPUT_BUCKET, INPUT_KEY = "analyses-inputs", "flights/rights.csv"
DESCRIBE = {"analysis": "describe", "input": ROWS, "options": {"columns": ["a"]}, "plots": False}
IMPOSSIBLE = {"analysis": "regress", "input": ROWS, "options": {"target": "no-such", "features": ["a"]}, "plots": False}


def prepare_inputs(rig: Rig) -> None:
    """Puts a file where analyses may read."""
    s3 = rig.root("s3")
    s3.create_bucket(Bucket=INPUT_BUCKET)
    s3.put_object(Bucket=INPUT_BUCKET, Key=INPUT_KEY, Body=b"a,b\n1,2\n2,1\n3,5\n")


def answers(rig: Rig, method: str, path: str, expect: int, **options: Any) -> bool:
    """Whether the API answers with this status."""
    try:
        rig.api.request(method, path, expect=[expect], **options)
    except LocalStackError:
        return False
    return True


def _item_route(method: str, expect: int, rig: Rig, **options: Any) -> Reached:
    item_id = rig.put(place="here")
    so = answers(rig, method, f"/items/{item_id}", expect, **options)
    return lambda: so


def _route(method: str, path: str, expect: int, rig: Rig, **options: Any) -> Reached:
    so = answers(rig, method, path, expect, **options)
    return lambda: so


LISTED = Flow(goal="GET /items answers", begin=partial(_route, "GET", "/items", 200))
TABLE_API = {
    "dynamodb:PutItem": Flow(
        goal="POST /items answers", begin=partial(_route, "POST", "/items", 201, json={"place": "here"})
    ),
    "dynamodb:GetItem": Flow(goal="GET /items/{id} answers", begin=partial(_item_route, "GET", 200)),
    "dynamodb:UpdateItem": Flow(
        goal="PATCH /items/{id} answers", begin=partial(_item_route, "PATCH", 200, json={"place": "there"})
    ),
    "dynamodb:DeleteItem": Flow(goal="DELETE /items/{id} answers", begin=partial(_item_route, "DELETE", 204)),
    "dynamodb:Scan": LISTED,
}


def ask(rig: Rig, request: dict[str, Any]) -> str:
    """Posts a request. Returns its id."""
    return str(rig.api.request("POST", "/analyses", expect=[202], json=request)["request_id"])


def state(rig: Rig, request_id: str) -> str:
    """Reads the table of statuses as root, so that nothing but the function itself matters."""
    key = {"request_id": {"S": request_id}}
    found = rig.root("dynamodb").get_item(TableName=rig.outputs["analysis_table"], Key=key, ConsistentRead=True)
    return str(found.get("Item", {}).get("state", {}).get("S"))


def wait_until(so: Callable[[], bool], seconds: float = 60.0) -> None:
    """Waits; raises AssertionError after the time."""
    deadline = time.monotonic() + seconds
    while not so():
        assert time.monotonic() < deadline, "It did not come to it."
        time.sleep(0.1)


def _succeeds(request: dict[str, Any], rig: Rig) -> Reached:
    request_id = ask(rig, request)
    return lambda: state(rig, request_id) == "succeeded"


def _leaves_its_queue(rig: Rig) -> Reached:
    before = rig.count(rig.outputs["analysis_queue_url"])
    request_id = ask(rig, DESCRIBE)
    return lambda: state(rig, request_id) == "succeeded" and rig.count(rig.outputs["analysis_queue_url"]) <= before


def _reported(destination: str, request: dict[str, Any], rig: Rig) -> Reached:
    queue = rig.queue_url(rig.outputs[destination])
    rig.empty(queue)
    request_id = ask(rig, request)
    return lambda: any(request_id in body for body in rig.messages(queue))


def _status(rig: Rig) -> Reached:
    request_id = ask(rig, DESCRIBE)
    wait_until(lambda: state(rig, request_id) == "succeeded")
    so = answers(rig, "GET", f"/analyses/{request_id}", 200)
    return lambda: so


def _links(rig: Rig) -> Reached:
    request_id = ask(rig, DESCRIBE)
    wait_until(lambda: state(rig, request_id) == "succeeded")
    links = rig.api.request("GET", f"/analyses/{request_id}", expect=[200])["links"]
    so = all(requests.get(link, timeout=30).status_code == 200 for link in links.values())
    return lambda: so


ACCEPTED = Flow(goal="POST /analyses answers 202", begin=partial(_route, "POST", "/analyses", 202, json=DESCRIBE))
SUCCEEDS = Flow(goal="an analysis succeeds", begin=partial(_succeeds, DESCRIBE))
FROM_A_FILE = {**DESCRIBE, "input": {"type": "s3", "bucket": INPUT_BUCKET, "key": INPUT_KEY, "format": "csv"}}
STATUS = Flow(goal="GET /analyses/{id} answers", begin=_status)
FUNCTION = {
    "dynamodb:GetItem": SUCCEEDS,
    "dynamodb:PutItem": SUCCEEDS,
    "s3:PutObject": SUCCEEDS,
    "s3:GetObject": Flow(goal="an analysis of a file succeeds", begin=partial(_succeeds, FROM_A_FILE)),
    "sqs:SendMessage scilearn-successes": Flow(
        goal="a success is reported to its destination",
        begin=partial(_reported, "analysis_success_destination", DESCRIBE),
    ),
    "sqs:SendMessage scilearn-failures": Flow(
        goal="a failure is reported to its destination",
        begin=partial(_reported, "analysis_failure_destination", IMPOSSIBLE),
    ),
}
STATUS_FUNCTION = {
    "dynamodb:GetItem": STATUS,
    "s3:GetObject": Flow(goal="the links to results can be followed", begin=_links),
}
PIPE = {
    "sqs:ReceiveMessage": SUCCEEDS,
    "sqs:DeleteMessage": Flow(goal="a request that was handed over leaves its queue", begin=_leaves_its_queue),
    "lambda:InvokeFunction": SUCCEEDS,
}
