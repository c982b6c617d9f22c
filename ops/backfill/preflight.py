"""Checks what must be on before a backfill: the stream, and the mapping that carries it to the index.

A change made after its page was read would be lost if no stream delivered it (docs/correctness.md).
"""

from local.running import running_parts
from ops.errors import OpsError
from ops.stack import Consumer, Stack

WHY = "Changes made during a backfill would be lost: the stream must be on before it begins."


def check_changes_arrive(stack: Stack, consumer: Consumer) -> None:
    """Raises OpsError when the consumer's mapping or, on the Kinesis path, the table's destination isn't on."""
    if stack.is_local:
        _check_local(consumer)
        return
    if consumer.event_source_mapping is None:
        raise OpsError(f"{consumer.name} has no event source mapping in stack {stack.name}. {WHY}")
    mapping = stack.client("lambda").get_event_source_mapping(UUID=consumer.event_source_mapping)
    if mapping["State"] not in ("Enabled", "Updating"):
        raise OpsError(
            f"The event source mapping of {consumer.name} is {mapping['State']}. {WHY} Enable it: "
            f"aws lambda update-event-source-mapping --uuid {consumer.event_source_mapping} --enabled"
        )
    source = str(mapping["EventSourceArn"])
    if ":kinesis:" in source:
        _check_destination(stack, source)


def _check_destination(stack: Stack, stream_arn: str) -> None:
    answer = stack.client("dynamodb").describe_kinesis_streaming_destination(TableName=stack.table_name)
    statuses = {part["StreamArn"]: part["DestinationStatus"] for part in answer["KinesisDataStreamDestinations"]}
    if statuses.get(stream_arn) not in ("ACTIVE", "UPDATING"):
        raise OpsError(
            f"Table {stack.table_name} does not send its changes to {stream_arn} "
            f"({statuses.get(stream_arn, 'no destination')}). {WHY} Run `pulumi up`."
        )


def _check_local(consumer: Consumer) -> None:
    if consumer.name not in running_parts().get("mapping", {}):
        raise OpsError(f"The local stack runs no mapping of {consumer.name} (python -m local status). {WHY}")
