"""Policy documents as pure functions: who may do what, for IAM, queues, buckets and the collection.

No `*` action, and no `*` resource except where AWS has no resource level; each such place says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

Statement = dict[str, Any]
Document = dict[str, Any]


def document(statements: Iterable[Statement]) -> Document:
    """An IAM policy document of the given statements."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def assume_role(service: str) -> Document:
    """Lets one AWS service, for example `lambda.amazonaws.com`, take the role."""
    return document([{"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}])


def assume_role_for(service: str, source_arn: str) -> Document:
    """The same on behalf of one resource alone, so that nobody else's resource gets the service to take the role.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
    """
    [statement] = assume_role(service)["Statement"]
    account = source_arn.split(":")[4]
    only = {"StringEquals": {"aws:SourceAccount": account, "aws:SourceArn": source_arn}}
    return document([{**statement, "Condition": only}])


def write_logs(log_group_arn: str) -> Statement:
    """Streams and events of one group that exists already: no CreateLogGroup, so a destroyed group stays destroyed."""
    # The suffix names the group's own log streams, whose names Lambda chooses.
    return _allow(["logs:CreateLogStream", "logs:PutLogEvents"], f"{log_group_arn}:log-stream:*")


def read_table_stream(stream_arn: str) -> Statement:
    """What Lambda's poller needs of a table's stream; ListStreams, which has no resource level, it does not.

    https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
    """
    return _allow(["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"], stream_arn)


def read_kinesis_stream(stream_arn: str) -> Statement:
    """What Lambda's poller needs of a Kinesis stream.

    https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
    """
    return _allow(
        [
            "kinesis:DescribeStream",
            "kinesis:DescribeStreamSummary",
            "kinesis:GetRecords",
            "kinesis:GetShardIterator",
            "kinesis:ListShards",
        ],
        stream_arn,
    )


def reread_items(table_arn: str) -> Statement:
    """The sync reads again what is too old to trust."""
    return _allow(["dynamodb:BatchGetItem"], table_arn)


def scan_table(table_arn: str) -> Statement:
    """A backfill reads the whole table; describing it tells what its keys are called, and the time."""
    return _allow(["dynamodb:BatchGetItem", "dynamodb:DescribeTable", "dynamodb:Scan"], table_arn)


def compare_table(table_arn: str) -> Statement:
    """`ops verify` walks the table and reads again what differs; `ops backfill` asks if Kinesis gets its changes."""
    return _allow(
        [
            "dynamodb:BatchGetItem",
            "dynamodb:DescribeKinesisStreamingDestination",
            "dynamodb:DescribeTable",
            "dynamodb:Scan",
        ],
        table_arn,
    )


def reread_table_stream(stream_arn: str) -> Statement:
    """`ops redrive` reads a range again that Lambda's message names, shard and all."""
    return _allow(["dynamodb:GetRecords", "dynamodb:GetShardIterator"], stream_arn)


def reread_kinesis_stream(stream_arn: str) -> Statement:
    """The same of the Kinesis stream."""
    return _allow(["kinesis:GetRecords", "kinesis:GetShardIterator"], stream_arn)


def serve_items(table_arn: str) -> Statement:
    """The API function's calls on the table, one action for each of its routes."""
    return _allow(
        ["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Scan", "dynamodb:UpdateItem"],
        table_arn,
    )


def use_collection(collection_arn: str) -> Statement:
    """The IAM half of access to a collection's API; the data access policy is the other half.

    https://docs.aws.amazon.com/opensearch-service/latest/developerguide/security-iam-serverless.html
    """
    return _allow(["aoss:APIAccessAll"], collection_arn)


def send_messages(queue_arn: str) -> Statement:
    """Parked records, and Lambda's own failure messages."""
    return _allow(["sqs:SendMessage"], queue_arn)


def settle_messages(queue_arn: str) -> Statement:
    """`ops redrive` counts, takes, holds, deletes and gives back; it sends nothing."""
    return _allow(
        ["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"], queue_arn
    )


def settle_failures(bucket_arn: str) -> list[Statement]:
    """`ops redrive` on a bucket: what Lambda has put there, under its prefix."""
    return [
        _allow(["s3:DeleteObject", "s3:GetObject"], f"{bucket_arn}/aws/lambda/*"),
        _allow(["s3:ListBucket"], bucket_arn),
    ]


def take_messages(queue_arn: str) -> Statement:
    """What a pipe needs of the queue that it reads.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-permissions.html#pipes-perms-sqs
    """
    return _allow(["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"], queue_arn)


def report_to(destination_arn: str) -> Statement:
    """What a function's role needs so that Lambda can tell a destination how an asynchronous invocation ended.

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
    """
    service = destination_arn.split(":")[2]
    action = {
        "sqs": "sqs:SendMessage",
        "sns": "sns:Publish",
        "events": "events:PutEvents",
        "lambda": "lambda:InvokeFunction",
    }
    return _allow([action[service]], destination_arn)


def keep_statuses(table_arn: str) -> Statement:
    """A request's status is read consistently and put conditionally; nothing is deleted, the table forgets."""
    return _allow(["dynamodb:GetItem", "dynamodb:PutItem"], table_arn)


def read_statuses(table_arn: str) -> Statement:
    """One request's status by its id."""
    return _allow(["dynamodb:GetItem"], table_arn)


def write_objects(bucket_arn: str, prefix: str) -> Statement:
    """New objects below the prefix."""
    return _allow(["s3:PutObject"], f"{bucket_arn}/{prefix}*")


def read_objects(bucket_arn: str, prefix: str) -> Statement:
    """Objects below the prefix, by their keys: no listing, so S3 tells a missing key as a forbidden one."""
    return _allow(["s3:GetObject"], f"{bucket_arn}/{prefix}*")


def mount_file_system(access_point_arn: str) -> Statement:
    """Reads and writes through one access point, which is of one file system; its ARN says nothing of which.

    https://docs.aws.amazon.com/efs/latest/ug/access-points-iam-policy.html
    """
    any_file_system = access_point_arn.partition(":access-point/")[0] + ":file-system/*"
    return {
        **_allow(["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"], any_file_system),
        "Condition": {"StringEquals": {"elasticfilesystem:AccessPointArn": access_point_arn}},
    }


def look_at_mapping(mapping_arn: str) -> Statement:
    """`ops backfill` refuses to begin where a mapping is off.

    https://docs.aws.amazon.com/lambda/latest/dg/lambda-api-permissions-ref.html
    """
    return _allow(["lambda:GetEventSourceMapping"], mapping_arn)


def invoke_function(function_arn: str) -> Statement:
    """One function, by whoever has this."""
    return _allow(["lambda:InvokeFunction"], function_arn)


def write_failures(bucket_arn: str) -> list[Statement]:
    """Lambda's failed invocations in a bucket.

    https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
    """
    # Keys are aws/lambda/<mapping id>/..., and the mapping has no id before it has this right.
    return [
        _allow(["s3:PutObject"], f"{bucket_arn}/aws/lambda/*"),
        _allow(["s3:ListBucket"], bucket_arn),
    ]


def attach_to_network() -> list[Statement]:
    """What Lambda needs to put a function into a VPC, taken away again from the function's own code.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
    """
    # Describe actions have no resource level, and Lambda checks the others against `*` when it creates the function.
    actions = [
        "ec2:AssignPrivateIpAddresses",
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:UnassignPrivateIpAddresses",
    ]
    # The key is present only in calls that code inside a function makes.
    inside_a_function = {"Null": {"lambda:SourceFunctionArn": "false"}}
    return [
        _allow(actions, "*"),
        {"Effect": "Deny", "Action": actions, "Resource": "*", "Condition": inside_a_function},
    ]


def tls_only_queue(queue_arn: str) -> Document:
    """Refuses every call to the queue that is not encrypted on its way."""
    return document([_deny_plain_text("sqs:*", queue_arn)])


def tls_only_bucket(bucket_arn: str) -> Document:
    """Refuses every call to the bucket or its objects that is not encrypted on its way."""
    return document([_deny_plain_text("s3:*", [bucket_arn, f"{bucket_arn}/*"])])


def collection_encryption(collection: str) -> Document:
    """Encryption at rest with AWS's key: a key of one's own costs capacity units of its own."""
    return {
        "Rules": [{"ResourceType": "collection", "Resource": [f"collection/{collection}"]}],
        "AWSOwnedKey": True,
    }


def collection_network(collection: str, *, endpoint_id: str | None) -> list[Document]:
    """Reached from the internet (and still signed), or through one VPC endpoint alone.

    One rule for both kinds of access, because a public rule overrides a private one when two match:
    https://docs.aws.amazon.com/opensearch-service/latest/developerguide/serverless-network.html
    """
    rules = [{"ResourceType": kind, "Resource": [f"collection/{collection}"]} for kind in ("collection", "dashboard")]
    if endpoint_id is None:
        return [{"Rules": rules, "AllowFromPublic": True}]
    return [{"Rules": rules, "AllowFromPublic": False, "SourceVPCEs": [endpoint_id]}]


def index_access(
    collection: str, indexes: Sequence[str], permissions: Sequence[str], principals: Sequence[str]
) -> Document:
    """One block of a data access policy: what the principals may do with exactly these indexes."""
    resources = [f"index/{collection}/{index}" for index in indexes]
    return {
        "Rules": [{"ResourceType": "index", "Resource": resources, "Permission": list(permissions)}],
        "Principal": list(principals),
    }


def alias_access(collection: str, permissions: Sequence[str], principals: Sequence[str]) -> Document:
    """The same for aliases, which AOSS counts among the collection's items, not the index's."""
    return {
        "Rules": [
            {"ResourceType": "collection", "Resource": [f"collection/{collection}"], "Permission": list(permissions)}
        ],
        "Principal": list(principals),
    }


# Permissions of a data access policy, by what they allow:
# https://docs.aws.amazon.com/opensearch-service/latest/developerguide/serverless-genref.html
# UpdateIndex: a document's new field changes the mapping. AWS's own least privilege for a writer has it, too:
# https://docs.aws.amazon.com/opensearch-service/latest/developerguide/pipeline-collection-access.html
WRITE_DOCUMENTS = ("aoss:DescribeIndex", "aoss:UpdateIndex", "aoss:WriteDocument")
READ_DOCUMENTS = ("aoss:DescribeIndex", "aoss:ReadDocument")
REPAIR_DOCUMENTS = ("aoss:DescribeIndex", "aoss:ReadDocument", "aoss:UpdateIndex", "aoss:WriteDocument")
MAKE_INDEX = ("aoss:CreateIndex", "aoss:DescribeIndex", "aoss:UpdateIndex")
MAKE_ALIAS = ("aoss:CreateCollectionItems", "aoss:DescribeCollectionItems", "aoss:UpdateCollectionItems")

# `ops probe` makes an index of its own under a random name, and deletes it. A pattern ends in a star:
# https://docs.aws.amazon.com/opensearch-service/latest/developerguide/serverless-data-access.html
PROBE_INDEXES = "driftless-probe-*"
PROBE_INDEX = ("aoss:CreateIndex", "aoss:DeleteIndex", "aoss:DescribeIndex", "aoss:ReadDocument", "aoss:WriteDocument")


def _allow(actions: Sequence[str], resource: str) -> Statement:
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource}


def _deny_plain_text(action: str, resource: str | list[str]) -> Statement:
    # A refusal is as wide as it can be: `*` takes away here, it gives nothing.
    return {
        "Effect": "Deny",
        "Principal": "*",
        "Action": action,
        "Resource": resource,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
