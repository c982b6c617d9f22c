"""Which flow shows that a right is needed, or why none can here: for every right of every role."""

from tests.privileges import api_flows, operator_flows
from tests.privileges.flow import Flow
from tests.privileges.rights import RoleRight
from tests.privileges.sync_flows import (
    BACKFILL,
    SECOND_DELETE,
    SECOND_DELETE_SETTLED,
    backfill_parks,
    consumer_flows,
    logs_invoked,
)

_DOCS = "https://docs.aws.amazon.com"
SEARCH = (
    "The node is no part of the embedded AWS and takes every request. A collection wants this right and a data access "
    f"policy: [AWS]({_DOCS}/opensearch-service/latest/developerguide/serverless-data-access.html)"
)
QUEUE_READER = (
    "The local poller has no use for it. Lambda refuses a mapping of a queue without it: "
    f"[AWS]({_DOCS}/lambda/latest/dg/services-sqs-configure.html)"
)
PIPE_READER = (
    "The local pipe has no use for it. AWS lists it for a pipe that reads a queue: "
    f"[AWS]({_DOCS}/eventbridge/latest/userguide/eb-pipes-permissions.html#pipes-perms-sqs)"
)
KINESIS_READER = (
    "The local poller has no use for it. AWS lists it for a mapping of a Kinesis stream: "
    f"[AWS]({_DOCS}/lambda/latest/dg/services-kinesis-create.html)"
)
MAPPING = "Mappings are the local stack's own, and `ops backfill` asks that instead"
DESTINATION = "The table's way to Kinesis is the local stack's own, and `ops backfill` asks that instead"
MOVE = (
    "MiniStack has no move tasks, and they are the operator's own call, no command's: "
    f"[AWS]({_DOCS}/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html)"
)

Shown = Flow | str
"""A flow, or the reason why there is none."""


def _logs(function: str, event: str = "{}") -> dict[str, Shown]:
    flow = logs_invoked(function, event)
    return {"logs:CreateLogStream": flow, "logs:PutLogEvents": flow}


_SEARCHES: dict[str, Shown] = {"aoss:APIAccessAll": SEARCH}
_DEAD = "sqs:SendMessage sync-data-with-{}-stream-dead-letters"
BY_ROLE: dict[str, dict[str, Shown]] = {
    "sync-dynamodb-stream-role": {**_SEARCHES, **consumer_flows("sync_dynamodb_stream")},
    "sync-kinesis-stream-role": {
        **_SEARCHES,
        **consumer_flows("sync_kinesis_stream"),
        "kinesis:DescribeStream": KINESIS_READER,
        "kinesis:DescribeStreamSummary": KINESIS_READER,
    },
    "sync-dynamodb-stream-index-role": _SEARCHES | _logs("sync-data-with-dynamodb-stream-index"),
    "sync-kinesis-stream-index-role": _SEARCHES | _logs("sync-data-with-kinesis-stream-index"),
    "second-delete-role": {
        **_SEARCHES,
        **_logs("second_delete", '{"Records": []}'),
        "sqs:ReceiveMessage": SECOND_DELETE,
        "sqs:DeleteMessage": SECOND_DELETE_SETTLED,
        "sqs:GetQueueAttributes": QUEUE_READER,
        "dynamodb:BatchGetItem": SECOND_DELETE,
    },
    "replicate-role": {
        **_SEARCHES,
        **_logs("replicate"),
        "dynamodb:DescribeTable": BACKFILL,
        "dynamodb:Scan": BACKFILL,
        "dynamodb:BatchGetItem": backfill_parks("sync_dynamodb_stream"),
        _DEAD.format("dynamodb"): backfill_parks("sync_dynamodb_stream"),
        _DEAD.format("kinesis"): backfill_parks("sync_kinesis_stream"),
    },
    "api-function-role": {**_SEARCHES, **_logs("table-api"), **api_flows.TABLE_API},
    "scilearn-role": {**_SEARCHES, **_logs("scilearn"), **api_flows.FUNCTION},
    "scilearn-status-role": {**_logs("scilearn_status"), **api_flows.STATUS_FUNCTION},
    "scilearn-pipe-role": {**api_flows.PIPE, "sqs:GetQueueAttributes": PIPE_READER},
    "scilearn-sender-role": {"sqs:SendMessage": api_flows.ACCEPTED},
    "operator": {
        **_SEARCHES,
        **operator_flows.COMMANDS,
        "lambda:GetEventSourceMapping": MAPPING,
        "dynamodb:DescribeKinesisStreamingDestination": DESTINATION,
        **{
            f"sqs:{call} second-deletes-dead-letters": MOVE
            for call in ("DeleteMessage", "GetQueueAttributes", "ListMessageMoveTasks", "ReceiveMessage",
                         "StartMessageMoveTask")
        },
    },
}  # fmt: skip


def shown_by(right: RoleRight) -> Shown:
    """Returns what shows the right. Raises KeyError for one that nothing is known of."""
    known = BY_ROLE[right.holder]
    return known.get(f"{right.action} {right.on}") or known[right.action]
