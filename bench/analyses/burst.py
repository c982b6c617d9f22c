"""Sends a burst of analysis requests, then copies of some and messages that name no request."""

import json
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import requests
from requests_aws4auth import AWS4Auth

from bench.analyses.service import Service
from local.observation import count_messages
from local.services.ministack import REGION

CLIENTS = 2
BAD_EVERY, COPIED_EVERY, POISON_EVERY = 20, 25, 100
ROWS = [{"delay": (7 * row) % 23, "carrier": "AB"[row % 2]} for row in range(40)]
GOOD = {"analysis": "describe", "input": {"type": "rows", "rows": ROWS}, "plots": False}
BAD = GOOD | {"options": {"columns": ["no such column"]}}
POISONS = ("not JSON", '{"request_id": "nobody\'s"}', '["a list"]')


@dataclass(frozen=True, kw_only=True)
class Posted:
    """One accepted request: what is expected of it, how long the answer took, and the backlog then."""

    request_id: str
    is_bad: bool
    milliseconds: float
    backlog: int


def burst(service: Service, count: int) -> list[Posted]:
    """Posts requests as fast as the clients can."""
    local, backlog, ending = threading.local(), [0], threading.Event()

    def watch() -> None:
        while not ending.wait(0.5):
            backlog[0] = count_messages(service.client("sqs"), service.queue_url)

    def post(number: int) -> Posted:
        if not hasattr(local, "session"):
            local.session = requests.Session()
        is_bad = number % BAD_EVERY == BAD_EVERY - 1
        request = requests.Request(
            "POST",
            f"{service.api_url}/analyses",
            json=BAD if is_bad else GOOD,
            auth=AWS4Auth("test", "test", REGION, "execute-api"),
        )
        prepared = local.session.prepare_request(request)
        started = time.perf_counter()
        answer = local.session.send(prepared, timeout=30)
        milliseconds = (time.perf_counter() - started) * 1000
        if answer.status_code != 202:
            raise RuntimeError(f"POST answered {answer.status_code}: {answer.text[:200]}")
        return Posted(
            request_id=answer.json()["request_id"], is_bad=is_bad, milliseconds=milliseconds, backlog=backlog[0]
        )

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        with ThreadPoolExecutor(CLIENTS) as clients:
            return list(clients.map(post, range(count)))
    finally:
        ending.set()
        watcher.join()


def lift_throttle(service: Service) -> None:
    """Lifts the stage's limit of rate, which the operator chooses: what is measured here lies behind it."""
    api_id, stage = service.api_url.rstrip("/").split("/")[-2:]
    names = ("rateLimit", "burstLimit")
    service.client("apigateway").update_stage(
        restApiId=api_id,
        stageName=stage,
        patchOperations=[{"op": "replace", "path": f"/*/*/throttling/{name}", "value": "10000"} for name in names],
    )


def disturb(service: Service, posted: Sequence[Posted]) -> dict[str, int]:
    """Sends copies of some messages, as SQS, pipes and Lambda all may, and messages that name no request."""
    sqs = service.client("sqs")
    copies = posted[::COPIED_EVERY]
    for one in copies:
        message = {"request_id": one.request_id, "accepted_at": int(one.request_id[:13])}
        body = json.dumps(message | {"request": BAD if one.is_bad else GOOD})
        for _ in range(2):
            sqs.send_message(QueueUrl=service.queue_url, MessageBody=body)
    poison = max(len(POISONS), len(posted) // POISON_EVERY)
    for number in range(poison):
        sqs.send_message(QueueUrl=service.queue_url, MessageBody=POISONS[number % len(POISONS)])
    return {"copies": 2 * len(copies), "poison": poison}
