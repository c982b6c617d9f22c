"""Flows of the operators' commands."""

import json
import time
import uuid
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from typing import Any

import requests
from botocore.exceptions import ClientError

from changefeed.decode.change_record import MICROSECONDS_PER_SECOND, ChangeRecord, Operation
from changefeed.parking import parked_message
from changefeed.plan.rejection import Rejection
from ops.dead_letter_queue import DeadLetterQueue
from ops.redrive.parts import redrive_of
from ops.redrive.run import Choice
from ops.resend.failed_request import FailurePlace
from ops.resend.parts import resend_of
from ops.resend.run import ResendChoice
from ops.smoke.checks import CHECKS
from streams.dynamodb import DynamoDBStreamReader
from streams.kinesis import KinesisStreamReader
from streams.reader import Position, StreamReader
from tests.privileges.api_flows import DESCRIBE, IMPOSSIBLE, ask, state, wait_until
from tests.privileges.flow import Flow, Reached
from tests.privileges.rig import Rig
from tests.privileges.sync_flows import BACKFILL

SYNC = "sync_dynamodb_stream"


def _verifies(rig: Rig) -> Reached:
    code, _ = rig.ops("verify", SYNC, "--settle", "5", "--json")
    return lambda: code == 0


def _repairs(rig: Rig) -> Reached:
    rig.orphan(SYNC)
    command = rig.start_ops("verify", SYNC, "--settle", "0.5", "--repair", "--yes", "--json")
    return lambda: command.poll() == 0


def letter(item_id: str) -> str:
    """Returns a parked record as a backfill writes it: its item's key, and why."""
    keys = {"id": {"S": item_id}}
    record = ChangeRecord(
        sequence_number="0",
        operation=Operation.MODIFY,
        keys=keys,
        image=None,
        version=int(time.time() * MICROSECONDS_PER_SECOND),
        version_span=1,
        in_order=False,
        raw={"eventSource": "driftless:backfill", "dynamodb": {"Keys": keys}},
    )
    refused = Rejection(code="mapper_parsing_exception", message="refused", raw=record.raw, record=record)
    return parked_message(refused, index="any", parked_at=datetime.now(UTC))


def _post(rig: Rig, consumer: str, body: str) -> str:
    queue = str(rig.outputs["dead_letter_queues"][consumer])
    rig.empty(queue)
    rig.root("sqs").send_message(QueueUrl=queue, MessageBody=body)
    return queue


def _redrives(consumer: str, rig: Rig) -> Reached:
    queue = _post(rig, consumer, letter(rig.put(place="here")))
    code, _ = rig.ops("redrive", consumer, "--yes", "--json")
    return lambda: code == 0 and rig.count(queue) == 0


def _gives_back(consumer: str, rig: Rig) -> Reached:
    """A letter whose item is still refused."""
    queue = rig.outputs["dead_letter_queues"][consumer]
    rig.empty(queue)
    item_id = rig.poison()
    wait_until(lambda: any(item_id in body for body in rig.messages(queue)))
    rig.ops("redrive", consumer, "--yes", "--json")
    visible = rig.count(queue, kinds=("",))
    rig.mend()
    return lambda: visible > 0


def _counts(consumer: str, rig: Rig) -> Reached:
    queue = redrive_of(rig.stack, rig.stack.consumer(consumer), Choice()).queue
    assert queue
    return _no_error(queue.count)


def _searches(rig: Rig) -> Reached:
    operator = rig.stack.operator
    assert operator
    url = f"{rig.outputs['api_url']}/search?q=any"
    status = requests.get(url, auth=operator.signature("execute-api"), timeout=30).status_code
    return lambda: status != HTTPStatus.FORBIDDEN


def _counts_requests(rig: Rig) -> Reached:
    return _no_error(DeadLetterQueue(client=rig.stack.client("sqs"), url=rig.outputs["analysis_queue_url"]).count)


def _no_error(call: Any) -> Reached:
    try:
        call()
    except ClientError:
        return lambda: False
    return lambda: True


def _deletes(rig: Rig) -> Reached:
    """A letter of an item that is gone: its document is deleted, and that is looked at again later."""
    queue = rig.outputs["second_delete_queue_url"]
    before = rig.count(queue)
    _post(rig, SYNC, letter(f"gone-{uuid.uuid4().hex[:12]}"))
    rig.ops("redrive", SYNC, "--yes", "--json")
    return lambda: rig.count(queue) > before


def _reads_again(consumer: str, rig: Rig) -> Reached:
    rig.put(place="here")
    queue = _post(rig, consumer, given_up(rig, consumer))
    code, _ = rig.ops("redrive", consumer, "--yes", "--json")
    return lambda: code == 0 and rig.count(queue) == 0


def given_up(rig: Rig, consumer: str) -> str:
    """Returns Lambda's message about a batch of one: the oldest record of the first shard that has any."""
    stream = rig.outputs["table_stream_arn"]
    reader: StreamReader = DynamoDBStreamReader(client=rig.root("dynamodbstreams"), stream_arn=stream)
    if consumer != SYNC:
        stream = f"arn:aws:kinesis:us-east-1:000000000000:stream/{rig.outputs['kinesis_stream_name']}"
        reader = KinesisStreamReader(
            client=rig.root("kinesis"), stream_arn=stream, region="us-east-1", invoke_identity_arn=""
        )
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        for shard in reader.list_shards():
            page = reader.read(shard.shard_id, reader.iterator(shard.shard_id, Position(kind="TRIM_HORIZON")))
            if page.records:
                number, at = page.records[0].sequence_number, time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
                place = {
                    "shardId": shard.shard_id, "startSequenceNumber": number, "endSequenceNumber": number,
                    "approximateArrivalOfFirstRecord": at, "approximateArrivalOfLastRecord": at,
                    "batchSize": 1, "streamArn": stream,
                }  # fmt: skip
                context = {"requestId": str(uuid.uuid4()), "condition": "RetryAttemptsExhausted"}
                kind = "DDBStreamBatchInfo" if consumer == SYNC else "KinesisBatchInfo"
                return json.dumps({"requestContext": context, "version": "1.0", "timestamp": at, kind: place})
    raise AssertionError("No shard has a record.")


def _resends(rig: Rig) -> Reached:
    queue = rig.queue_url(rig.outputs["analysis_failure_destination"])
    rig.empty(queue)
    request_id = ask(rig, IMPOSSIBLE)
    wait_until(lambda: any(request_id in body for body in rig.messages(queue)))
    code, _ = rig.ops("resend", "--id", request_id, "--set", "options.target=b", "--yes", "--json", "--wait", "20")
    succeeded = code == 0 and state(rig, request_id) == "succeeded"
    return lambda: succeeded and not any(request_id in body for body in rig.messages(queue))


def _resends_what_no_one_took(rig: Rig) -> Reached:
    request_id = f"{int(time.time() * 1000)}-{uuid.uuid4().hex}"
    body = {"request_id": request_id, "accepted_at": int(time.time() * 1000), "request": DESCRIBE}
    queue = rig.outputs["analysis_dead_letter_queue_url"]
    rig.root("sqs").send_message(QueueUrl=queue, MessageBody=json.dumps(body))
    code, _ = rig.ops("resend", "--id", request_id, "--yes", "--json", "--wait", "20")
    succeeded = code == 0 and state(rig, request_id) == "succeeded"
    return lambda: succeeded and not any(request_id in text for text in rig.messages(queue))


def _looks(place: FailurePlace, rig: Rig) -> Reached:
    """A dry run gives every letter back at once."""
    urls = {
        FailurePlace.DESTINATION: rig.queue_url(rig.outputs["analysis_failure_destination"]),
        FailurePlace.NOT_HANDED_OVER: rig.outputs["analysis_dead_letter_queue_url"],
    }
    rig.empty(urls[place])
    rig.root("sqs").send_message(QueueUrl=urls[place], MessageBody="{}")
    rig.ops("resend", "--dry-run", "--json")
    visible = rig.count(urls[place], kinds=("",))
    rig.empty(urls[place])
    return lambda: visible > 0


def _counts_failures(place: FailurePlace, rig: Rig) -> Reached:
    return _no_error(resend_of(rig.stack, ResendChoice()).queues[place].count)


def _smokes(checks: tuple[str, ...], rig: Rig) -> Reached:
    skipped = [word for check in CHECKS if check.name not in checks for word in ("--skip", check.name)]
    patience = ("--arrival", "10", "--search-wait", "20", "--analysis", "60", "--burst", "1")
    code, _ = rig.ops("smoke", *skipped, *patience, "--json")
    return lambda: code == 0


def smoke_flow(*checks: str) -> Flow:
    """Returns the flow of one check of `ops smoke`, with those that it needs."""
    return Flow(goal=f"`ops smoke` passes its check `{checks[-1]}`", begin=partial(_smokes, checks))


_CREATED = ("indexes", "create")
VERIFIES = Flow(goal="`ops verify` compares table and index", begin=_verifies)
RESENDS = Flow(goal="`ops resend` sends a failed analysis again, and deletes its letter", begin=_resends)
UNTAKEN = Flow(
    goal="`ops resend` sends a request again that was never handed over, and deletes its letter",
    begin=_resends_what_no_one_took,
)


def redrive_flows(consumer: str, queue: str) -> dict[str, Flow]:
    """Returns the flows of one consumer's letters."""
    redrives = Flow(goal="`ops redrive` settles a letter and deletes it", begin=partial(_redrives, consumer))
    back = Flow(
        goal="a letter that `ops redrive` can't settle is visible again at once", begin=partial(_gives_back, consumer)
    )
    counts = Flow(goal="`ops redrive` says how many letters wait, before it asks", begin=partial(_counts, consumer))
    return {
        f"sqs:ReceiveMessage {queue}": redrives,
        f"sqs:DeleteMessage {queue}": redrives,
        f"sqs:ChangeMessageVisibility {queue}": back,
        f"sqs:GetQueueAttributes {queue}": counts,
    }


def resend_flows(place: FailurePlace, queue: str, sends: Flow) -> dict[str, Flow]:
    """Returns the flows of one queue of failed requests."""
    looks = Flow(
        goal="a letter that `ops resend --dry-run` has seen is visible again at once", begin=partial(_looks, place)
    )
    counts = Flow(
        goal="`ops resend` says how many letters wait, before it asks", begin=partial(_counts_failures, place)
    )
    return {
        f"sqs:ReceiveMessage {queue}": sends,
        f"sqs:DeleteMessage {queue}": sends,
        f"sqs:ChangeMessageVisibility {queue}": looks,
        f"sqs:GetQueueAttributes {queue}": counts,
    }


def _reading_again(consumer: str) -> Flow:
    goal = "`ops redrive` reads records again that Lambda gave up"
    return Flow(goal=goal, begin=partial(_reads_again, consumer))


COMMANDS = {
    "dynamodb:DescribeTable": VERIFIES,
    "dynamodb:Scan": VERIFIES,
    "dynamodb:BatchGetItem": Flow(goal="`ops verify --repair` deletes what has no item", begin=_repairs),
    "dynamodb:GetRecords": _reading_again(SYNC),
    "dynamodb:GetShardIterator": _reading_again(SYNC),
    "kinesis:GetRecords": _reading_again("sync_kinesis_stream"),
    "kinesis:GetShardIterator": _reading_again("sync_kinesis_stream"),
    "lambda:InvokeFunction": BACKFILL,
    "sqs:SendMessage second-deletes": Flow(
        goal="a delete by `ops redrive` is queued to be looked at again", begin=_deletes
    ),
    "sqs:SendMessage scilearn-requests": RESENDS,
    "sqs:GetQueueAttributes scilearn-requests": Flow(
        goal="`ops smoke` says whether requests wait", begin=_counts_requests
    ),
    "dynamodb:BatchWriteItem": smoke_flow(*_CREATED, "burst"),
    "cloudwatch:DescribeAlarms": smoke_flow("alarms"),
    "execute-api:Invoke POST/items": smoke_flow(*_CREATED),
    "execute-api:Invoke */items/smoke-*": smoke_flow(*_CREATED, "update"),
    # What it finds isn't asked: the indexes of these flows lack the fields that a search looks at.
    "execute-api:Invoke GET/search": Flow(goal="the gateway passes a search on", begin=_searches),
    "execute-api:Invoke POST/analyses": smoke_flow("analysis"),
    "execute-api:Invoke GET/analyses/*": smoke_flow("analysis"),
    "dynamodb:GetItem": RESENDS,
    **redrive_flows(SYNC, "sync-data-with-dynamodb-stream-dead-letters"),
    **redrive_flows("sync_kinesis_stream", "sync-data-with-kinesis-stream-dead-letters"),
    **resend_flows(FailurePlace.DESTINATION, "scilearn-failures", RESENDS),
    **resend_flows(FailurePlace.NOT_HANDED_OVER, "scilearn-not-handed-over", UNTAKEN),
}
