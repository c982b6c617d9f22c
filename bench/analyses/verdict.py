"""Judges what became of every request: by the status table, the files, the log and the records at the destinations."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bench.analyses.burst import Posted
from bench.analyses.service import Service

MOST_LOG_LINES = 10_000
FAULTS = (
    "lost", "wrong", "unknown", "claimed_or_settled_twice", "begun_not_once", "ended_not_once",
    "results_not_as_settled", "successes_not_told_once", "failures_not_told_once", "poison_not_told",
)  # fmt: skip
"""Counts of a report that must all be 0."""


def judged(service: Service, posted: Sequence[Posted], disturbed: Mapping[str, int]) -> dict[str, Any]:
    """Counts how the requests settled, how many records came, and the FAULTS."""
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
    """Counts how often the function began and ended each request, by its log lines.

    Raises RuntimeError where there may be more lines than one answer has: the embedded AWS gives 10,000, no next page.
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
