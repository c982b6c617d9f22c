"""A burst of analysis requests, copies and poison among them: how fast the API answers, and what became of each.

Each request must be settled once, as it was meant to be: by the status table (claimed once, settled once), by the files
in S3, by the function's own log lines, and by the records at both destinations. Latency is that of one POST as its
client sees it, signing left out. Writes build/bench-analyses.json. Exit code 0 only if all of it held.

Example: .venv/bin/python -m bench.analyses --requests 2000
"""

import argparse
import json
import math
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from requests_aws4auth import AWS4Auth

from local.layout import ROOT, Layout
from local.observation import count_messages
from local.services.aws_client import aws_client
from local.services.ministack import REGION
from local.services.ports import free_port
from local.stack import LocalStack

REPORT = ROOT / "build" / "bench-analyses.json"
P99_MILLISECONDS = 50.0
CLIENTS = 2
BAD_EVERY, COPIED_EVERY, POISON_EVERY = 20, 25, 100
MOST_LOG_LINES = 10_000
SETTLE_SECONDS_A_REQUEST, SETTLE_SECONDS = 0.5, 120.0
ROWS = [{"delay": (7 * row) % 23, "carrier": "AB"[row % 2]} for row in range(40)]
GOOD = {"analysis": "describe", "input": {"type": "rows", "rows": ROWS}, "plots": False}
BAD = GOOD | {"options": {"columns": ["no such column"]}}
FAULTS = (
    "lost", "wrong", "unknown", "claimed_or_settled_twice", "begun_not_once", "ended_not_once",
    "results_not_as_settled", "successes_not_told_once", "failures_not_told_once", "poison_not_told",
)  # fmt: skip
"""Counts of a report that must all be 0."""

POISONS = ("not JSON", '{"request_id": "nobody\'s"}', '["a list"]')


@dataclass(kw_only=True)
class Service:
    """Where the service is, by its public addresses and names."""

    api_url: str
    aws_endpoint_url: str
    queue_url: str
    success_queue_url: str
    failure_queue_url: str
    table: str
    bucket: str
    function: str
    _clients: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, outputs: Mapping[str, Any]) -> "Service":
        """From a local stack's outputs, whose destinations are queues."""
        sqs = aws_client(outputs["aws_endpoint_url"], REGION, "sqs")

        def url(kind: str) -> str:
            name = outputs[f"analysis_{kind}_destination"].rpartition(":")[2]
            return str(sqs.get_queue_url(QueueName=name)["QueueUrl"])

        return cls(
            api_url=outputs["api_url"],
            aws_endpoint_url=outputs["aws_endpoint_url"],
            queue_url=outputs["analysis_queue_url"],
            success_queue_url=url("success"),
            failure_queue_url=url("failure"),
            table=outputs["analysis_table"],
            bucket=outputs["analysis_results_bucket"],
            function=outputs["functions"]["scilearn"],
        )

    def client(self, service: str) -> Any:
        """A boto3 client, made once; safe to share among threads."""
        if service not in self._clients:
            self._clients[service] = aws_client(self.aws_endpoint_url, REGION, service)
        return self._clients[service]


@dataclass(frozen=True, kw_only=True)
class Posted:
    """One accepted request: what is expected of it, how long the answer took, and the backlog then."""

    request_id: str
    is_bad: bool
    milliseconds: float
    backlog: int


def burst(service: Service, count: int) -> list[Posted]:
    """POST them as fast as the clients can."""
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
    """The stage's rate is the operator's to choose; what is measured here is what lies behind it."""
    api_id, stage = service.api_url.rstrip("/").split("/")[-2:]
    names = ("rateLimit", "burstLimit")
    service.client("apigateway").update_stage(
        restApiId=api_id,
        stageName=stage,
        patchOperations=[{"op": "replace", "path": f"/*/*/throttling/{name}", "value": "10000"} for name in names],
    )


def disturb(service: Service, posted: Sequence[Posted]) -> dict[str, int]:
    """Send copies of some messages, as SQS, pipes and Lambda all may, and messages that are none of ours."""
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


def wait_until_done(service: Service, done: Callable[[], bool], seconds: float) -> bool:
    """Until the queue is empty and all that was accepted has ended; False after the time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if count_messages(service.client("sqs"), service.queue_url) == 0 and done():
            return True
        time.sleep(0.5)
    return False


def judged(service: Service, posted: Sequence[Posted], disturbed: Mapping[str, int]) -> dict[str, Any]:
    """What became of every request: how they settled, how many records came, and the FAULTS."""
    expected = {one.request_id: "failed" if one.is_bad else "succeeded" for one in posted}
    items = {
        item["request_id"]["S"]: item
        for item in _pages(service.client("dynamodb"), "scan", "Items", TableName=service.table)
    }
    states = {key: item["state"]["S"] for key, item in items.items()}
    files = Counter(
        item["Key"].split("/")[-2]
        for item in _pages(
            service.client("s3"), "list_objects_v2", "Contents", Bucket=service.bucket, Prefix="results/"
        )
        if item["Key"].endswith("/result.json")
    )
    begun, ended = executions(service)
    successes, failures = (_drain(service, url) for url in (service.success_queue_url, service.failure_queue_url))
    done = Counter(
        record["responsePayload"]["request_id"] for record in successes if not record["responsePayload"]["duplicate"]
    )
    given_up = Counter(_id_of(record) for record in failures)
    return {
        "settled": dict(Counter(states[key] for key in expected if key in states)),
        "records": {"successes": len(successes), "failures": len(failures)},
        "lost": sum(states.get(key) not in ("succeeded", "failed") for key in expected),
        "wrong": sum(key in states and states[key] != wanted for key, wanted in expected.items()),
        "unknown": len(states.keys() - expected.keys()),
        "claimed_or_settled_twice": sum(item["version"]["N"] != "2" for item in items.values()),
        "begun_not_once": sum(begun[key] != 1 for key in expected),
        "ended_not_once": sum(ended[key] != 1 for key in expected),
        "results_not_as_settled": sum(files[key] != (wanted == "succeeded") for key, wanted in expected.items()),
        "successes_not_told_once": sum(done[key] != (wanted == "succeeded") for key, wanted in expected.items()),
        "failures_not_told_once": sum(given_up[key] != (wanted == "failed") for key, wanted in expected.items()),
        "poison_not_told": disturbed["poison"] - given_up[None],
    }


def executions(service: Service) -> tuple[Counter[str], Counter[str]]:
    """How often the function began and ended each request, by its own log lines.

    RuntimeError where there may be more lines than one answer has: the embedded AWS gives 10,000 and no next page.
    """

    def counted(*messages: str) -> Counter[str]:
        found: Counter[str] = Counter()
        for message in messages:
            events = service.client("logs").filter_log_events(
                logGroupName=f"/aws/lambda/{service.function}", filterPattern=f'"{message}"'
            )["events"]
            if len(events) >= MOST_LOG_LINES:
                raise RuntimeError(f"More than {MOST_LOG_LINES} log lines: ask for fewer requests.")
            lines = (json.loads(event["message"]) for event in events if event["message"].startswith("{"))
            found.update(line["request_id"] for line in lines if line["message"] == message)
        return found

    return counted("analysis started"), counted("analysis succeeded", "analysis failed")


def measure(service: Service, count: int, done: Callable[[], bool]) -> dict[str, Any]:
    """The whole story; `done` tells that the runner holds nothing. The result's `ok` says whether all of it held."""
    lift_throttle(service)
    started = time.monotonic()
    posted = burst(service, count)
    burst_seconds = time.monotonic() - started
    disturbed = disturb(service, posted)
    waiting = count_messages(service.client("sqs"), service.queue_url)
    _say(f"{count} requests accepted in {burst_seconds:.1f} s; backlog {waiting}")
    is_done = wait_until_done(service, done, SETTLE_SECONDS + SETTLE_SECONDS_A_REQUEST * count)
    seconds = time.monotonic() - started
    verdict = judged(service, posted, disturbed)
    latency = percentiles([one.milliseconds for one in posted])
    deep = [one.milliseconds for one in sorted(posted, key=lambda one: one.backlog)[-max(1, count // 4) :]]
    return {
        "ok": is_done and not any(verdict[name] for name in FAULTS) and latency["p99"] < P99_MILLISECONDS,
        "requests": count,
        **disturbed,
        "post_milliseconds": latency,
        "post_milliseconds_at_the_deepest_backlog": percentiles(deep),
        "deepest_backlog": max(one.backlog for one in posted),
        "posts_per_second": round(count / burst_seconds, 1),
        "seconds_until_all_settled": round(seconds, 1),
        "all_ended": is_done,
        **verdict,
    }


def percentiles(values: Sequence[float]) -> dict[str, float]:
    """p50, p99 and the largest, by nearest rank."""
    ordered = sorted(values)
    ranks = {"p50": 0.5, "p99": 0.99, "max": 1.0}
    return {name: round(ordered[math.ceil(share * len(ordered)) - 1], 1) for name, share in ranks.items()}


def main() -> int:
    """In a local stack of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=2_000)
    count = parser.parse_args().requests
    with tempfile.TemporaryDirectory() as directory:
        ports = {"aws_port": free_port(4900, 4999), "opensearch_port": free_port(9240, 9258)}
        with LocalStack(layout=Layout(directory=Path(directory) / "stack"), **ports, say=_say) as stack:
            service = Service.of(stack.outputs)
            result = measure(service, count, stack.parts("asynchronous invocation")[service.function].is_idle)
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(json.dumps(result, indent=2) + "\n")
    sys.stdout.write(json.dumps(result, indent=2) + "\n")
    return 0 if result["ok"] else 1


def _id_of(record: Mapping[str, Any]) -> str | None:
    try:
        found = json.loads(record["requestPayload"][0]["body"])["request_id"]
    except (ValueError, KeyError, TypeError):
        return None
    return str(found) if record["responsePayload"]["errorType"] == "AnalysisFailedError" else None


def _drain(service: Service, url: str) -> list[dict[str, Any]]:
    sqs, records = service.client("sqs"), []
    while found := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
        records += [json.loads(message["Body"]) for message in found]
        entries = [{"Id": str(n), "ReceiptHandle": message["ReceiptHandle"]} for n, message in enumerate(found)]
        sqs.delete_message_batch(QueueUrl=url, Entries=entries)
    return records


def _pages(client: Any, operation: str, of: str, **arguments: Any) -> Iterator[dict[str, Any]]:
    for page in client.get_paginator(operation).paginate(**arguments):
        yield from page.get(of, [])


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")


if __name__ == "__main__":
    sys.exit(main())
