"""Makes AWS's invocation record, which a failure destination gets for a batch that was given up. No I/O."""

import uuid
from datetime import UTC, datetime
from typing import Any

from local.runners.mapping.batch import DiscardBatch
from local.runners.mapping.settings import MappingSettings
from local.runners.times import utc_milliseconds
from streams.record import event_json


def failure_record(action: DiscardBatch, settings: MappingSettings, shard_id: str, now: float) -> dict[str, Any]:
    """Makes the record that SQS and SNS get: where the batch is in its stream, without its contents.

    A batch that grew too old has no `responseContext`, and AWS counts the attempt that wasn't made, too: both recorded
    on AWS. `functionError` is null when the function answered with item failures. Shapes:
    https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html, .../kinesis-on-failure-destination.html
    """
    batch, result = action.batch, action.batch.last_result
    is_too_old = action.condition == "RecordAgeExceeded"
    request_id = result.request_id if result is not None and result.request_id else None
    record: dict[str, Any] = {
        "requestContext": {
            "requestId": request_id or str(uuid.uuid4()),
            "functionArn": settings.function_arn,
            "condition": action.condition,
            "approximateInvokeCount": batch.invoke_count + is_too_old,
        }
    }
    if result is not None and not is_too_old:
        record["responseContext"] = {
            "statusCode": result.status_code,
            "executedVersion": result.executed_version,
            "functionError": result.function_error,
        }
    record["version"] = "1.0"
    record["timestamp"] = utc_milliseconds(now)
    # DynamoDB's arrival times are whole seconds, and AWS writes them without a fraction.
    clock = _seconds if settings.is_dynamodb else utc_milliseconds
    record["DDBStreamBatchInfo" if settings.is_dynamodb else "KinesisBatchInfo"] = {
        "shardId": shard_id,
        "startSequenceNumber": batch.records[0].sequence_number,
        "endSequenceNumber": batch.records[-1].sequence_number,
        "approximateArrivalOfFirstRecord": clock(batch.records[0].arrival_seconds),
        "approximateArrivalOfLastRecord": clock(batch.records[-1].arrival_seconds),
        "batchSize": len(batch.records),
        "streamArn": settings.event_source_arn,
    }
    return record


def failure_object(action: DiscardBatch, settings: MappingSettings, shard_id: str, now: float) -> dict[str, Any]:
    """Makes the record that S3 gets: the same, and the whole event as text under `payload`."""
    event = {"Records": [record.event_record for record in action.batch.records]}
    return {**failure_record(action, settings, shard_id, now), "payload": event_json(event).decode()}


def failure_object_key(settings: MappingSettings, shard_id: str, now: float) -> str:
    """Names the object: `aws/lambda/<mapping>/<shard>/YYYY/MM/DD/YYYY-MM-DDTHH.MM.SS-<uuid>`, in UTC."""
    moment = datetime.fromtimestamp(now, UTC)
    return f"aws/lambda/{settings.uuid}/{shard_id}/{moment:%Y/%m/%d/%Y-%m-%dT%H.%M.%S}-{uuid.uuid4()}"


def _seconds(epoch_seconds: float) -> str:
    return f"{datetime.fromtimestamp(int(epoch_seconds), UTC):%Y-%m-%dT%H:%M:%SZ}"
