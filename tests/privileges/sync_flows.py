"""Flows of the sync's functions: both consumers, the second deletes, the backfill."""

import json
import subprocess
import time
import uuid
from functools import partial

import requests
from botocore.exceptions import ClientError

from infra.sync.index import index_definition
from streams.dynamodb import DynamoDBStreamReader
from streams.kinesis import KinesisStreamReader
from streams.reader import Position, StreamReader
from tests.privileges.flow import Flow, Reached
from tests.privileges.rig import Rig

LAMBDA = "lambda.amazonaws.com"


def prepare_indexes(rig: Rig) -> None:
    """Has both indexes refuse a map in `place` in whatever form, as a definition of one's own may."""
    place = {"place": {"type": "text"}}
    for consumer, index in rig.outputs["indexes"].items():
        definition = index_definition(consumer)
        definition["mappings"]["properties"] |= {**place, "%unindexed": {"dynamic": False, "properties": place}}
        url = f"{rig.outputs['opensearch_url']}/{index}"
        aliases = requests.get(f"{url}/_alias", timeout=30).json()[index]["aliases"]
        requests.delete(url, timeout=30).raise_for_status()
        requests.put(url, json={**definition, "aliases": aliases}, timeout=30).raise_for_status()


def _arrives(consumer: str, rig: Rig) -> Reached:
    item_id = rig.put(place="here")
    return lambda: rig.document(consumer, item_id) is not None


def _logs(function: str, rig: Rig, act: str = "put") -> Reached:
    group = f"/aws/lambda/{rig.outputs['functions'].get(function, function)}"
    started = int(time.time() * 1000)
    if act == "put":
        rig.put(place="here")
    else:
        rig.invoke(group.rpartition("/")[2], json.loads(act))
    logs = rig.root("logs")
    return lambda: bool(logs.filter_log_events(logGroupName=group, startTime=started)["events"])


def logs_put(consumer: str) -> Flow:
    """A consumer's log."""
    return Flow(goal="what the function says of a batch is in its log", begin=partial(_logs, consumer))


def logs_invoked(function: str, event: str = "{}") -> Flow:
    """Another function's log: any event makes it say something."""
    return Flow(goal="what the function says is in its log", begin=partial(_logs, function, act=event))


def _reads(consumer: str, rig: Rig) -> Reached:
    """Reads the stream as a mapping does that begins: its shards, an iterator of each, and a page."""
    role = f"arn:aws:iam::000000000000:role/{consumer.replace('_', '-')}-role"
    make = rig.role(role, service=LAMBDA).client
    stream = rig.outputs["table_stream_arn"]
    reader: StreamReader = DynamoDBStreamReader(client=make("dynamodbstreams"), stream_arn=stream)
    if consumer == "sync_kinesis_stream":
        stream = f"arn:aws:kinesis:us-east-1:000000000000:stream/{rig.outputs['kinesis_stream_name']}"
        reader = KinesisStreamReader(
            client=make("kinesis"), stream_arn=stream, region="us-east-1", invoke_identity_arn=role
        )
    try:
        for shard in reader.list_shards():
            reader.read(shard.shard_id, reader.iterator(shard.shard_id, Position(kind="TRIM_HORIZON")))
    except ClientError:
        return lambda: False
    return lambda: True


def _parks(consumer: str, rig: Rig) -> Reached:
    queue = rig.outputs["dead_letter_queues"][consumer]
    rig.empty(queue)
    item_id = rig.poison()
    return lambda: any(item_id in body for body in rig.messages(queue))


def _second_delete(consumer: str, rig: Rig) -> Reached:
    item_id = rig.put(place="here")
    while rig.document(consumer, item_id) is None:
        time.sleep(0.1)
    queue = rig.outputs["second_delete_queue_url"]
    before = rig.count(queue)
    rig.delete(item_id)
    # The other consumer queues one, too.
    return lambda: rig.count(queue) >= before + 2


def consumer_flows(consumer: str) -> dict[str, Flow]:
    """Returns the flows of a consumer's role, by action and what it is on."""
    reads = Flow(goal="its mapping reads the stream from the beginning", begin=partial(_reads, consumer))
    parks = Flow(goal="an item that the index refuses is read again and parked", begin=partial(_parks, consumer))
    function = {
        "sync_dynamodb_stream": "sync-data-with-dynamodb-stream",
        "sync_kinesis_stream": "sync-data-with-kinesis-stream",
    }[consumer]
    return {
        "logs:CreateLogStream": logs_put(consumer),
        "logs:PutLogEvents": logs_put(consumer),
        "dynamodb:DescribeStream": reads,
        "dynamodb:GetShardIterator": reads,
        "kinesis:ListShards": reads,
        "kinesis:GetShardIterator": reads,
        "dynamodb:GetRecords": Flow(goal="a written item is in the index", begin=partial(_arrives, consumer)),
        "kinesis:GetRecords": Flow(goal="a written item is in the index", begin=partial(_arrives, consumer)),
        "dynamodb:BatchGetItem": parks,
        f"sqs:SendMessage {function}-dead-letters": parks,
        "sqs:SendMessage second-deletes": Flow(
            goal="each delete is queued to be looked at again", begin=partial(_second_delete, consumer)
        ),
    }


def _came_back(rig: Rig, *, leaves: bool = False) -> Reached:
    """Puts an old document behind the sync's back, and the message that its delete left in the queue."""
    index, item_id = rig.outputs["indexes"]["sync_dynamodb_stream"], rig.orphan("sync_dynamodb_stream")
    queue = rig.outputs["second_delete_queue_url"]
    before = rig.count(queue)
    message = {"kind": "second_delete", "index": index, "deletes": [[item_id, {"id": {"S": item_id}}]]}
    rig.root("sqs").send_message(QueueUrl=queue, MessageBody=json.dumps(message), DelaySeconds=0)

    def is_settled() -> bool:
        gone = rig.document("sync_dynamodb_stream", item_id) is None
        return gone and (not leaves or rig.count(queue) <= before)

    return is_settled


SECOND_DELETE = Flow(goal="a document that came back after its delete is deleted again", begin=_came_back)
SECOND_DELETE_SETTLED = Flow(goal="what is settled leaves the queue", begin=partial(_came_back, leaves=True))


def _backfill(rig: Rig) -> Reached:
    rig.put(place="here")
    command = _start_backfill(rig, "sync_dynamodb_stream")
    return lambda: command.poll() == 0


def _backfill_parks(consumer: str, rig: Rig) -> Reached:
    queue = rig.outputs["dead_letter_queues"][consumer]
    rig.empty(queue)
    item_id = rig.poison()
    _start_backfill(rig, consumer)
    return lambda: any(item_id in body and "driftless:backfill" in body for body in rig.messages(queue))


def _start_backfill(rig: Rig, consumer: str) -> "subprocess.Popen[bytes]":
    """Starts it and doesn't wait: without a right to read items again the function tries until its time is over."""
    state = rig.scratch / f"backfill-{uuid.uuid4().hex}.json"
    return rig.start_ops("backfill", consumer, "--yes", "--json", "--segments", "1", "--state", str(state))


BACKFILL = Flow(goal="`ops backfill` settles every item", begin=_backfill)


def backfill_parks(consumer: str) -> Flow:
    """Poison in a backfill."""
    goal = "`ops backfill` reads an item again that the index refuses, and parks it"
    return Flow(goal=goal, begin=partial(_backfill_parks, consumer))
