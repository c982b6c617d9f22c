"""Looks at the path from the table to an index: is the mapping on, and does Kinesis get the table's changes?"""

from dataclasses import dataclass

from local.running import running_parts
from ops.stack import Consumer, Stack


@dataclass(frozen=True, kw_only=True)
class FeedProblem:
    """Why no change arrives, a sentence each: what is off, and what turns it on (empty where it is a local stack)."""

    what: str
    cure: str = ""


def feed_problem(stack: Stack, consumer: Consumer) -> FeedProblem | None:
    """Asks AWS, or the running local stack. None: everything that has a switch is on."""
    if stack.is_local:
        if consumer.name in running_parts().get("mapping", {}):
            return None
        return FeedProblem(what=f"The local stack runs no mapping of {consumer.name} (python -m local status).")
    if consumer.event_source_mapping is None:
        return FeedProblem(what=f"{consumer.name} has no event source mapping in stack {stack.name}.")
    mapping = stack.client("lambda").get_event_source_mapping(UUID=consumer.event_source_mapping)
    if mapping["State"] not in ("Enabled", "Updating"):
        return FeedProblem(
            what=f"The event source mapping of {consumer.name} is {mapping['State']}.",
            cure=f"Enable it: aws lambda update-event-source-mapping --uuid {consumer.event_source_mapping} --enabled",
        )
    source = str(mapping["EventSourceArn"])
    return _destination_problem(stack, source) if ":kinesis:" in source else None


def _destination_problem(stack: Stack, stream_arn: str) -> FeedProblem | None:
    answer = stack.client("dynamodb").describe_kinesis_streaming_destination(TableName=stack.table_name)
    statuses = {part["StreamArn"]: part["DestinationStatus"] for part in answer["KinesisDataStreamDestinations"]}
    if statuses.get(stream_arn) in ("ACTIVE", "UPDATING"):
        return None
    status = statuses.get(stream_arn, "no destination")
    return FeedProblem(
        what=f"Table {stack.table_name} does not send its changes to {stream_arn} ({status}).", cure="Run `pulumi up`."
    )
