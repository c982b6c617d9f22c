"""Makes AWS's invocation record, which a destination gets for an asynchronous event. No I/O.

Shape: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
"""

import json
from typing import Any

from local.runners.asynchronous.event import Ended
from local.runners.asynchronous.settings import AsynchronousSettings
from local.runners.times import utc_milliseconds


def invocation_record(ended: Ended, settings: AsynchronousSettings, now: float) -> dict[str, Any]:
    """Makes the record. No `responseContext` and no `responsePayload` when no attempt ever ran, as recorded on AWS."""
    event, result = ended.event, ended.event.last_result
    record: dict[str, Any] = {
        "version": "1.0",
        "timestamp": utc_milliseconds(now),
        "requestContext": {
            "requestId": event.request_id,
            "functionArn": f"{settings.function_arn}:$LATEST",
            "condition": ended.condition,
            "approximateInvokeCount": event.attempts,
        },
        "requestPayload": event.payload,
    }
    if result is not None:
        context = {"statusCode": result.status_code, "executedVersion": result.executed_version}
        if result.function_error is not None:
            context["functionError"] = result.function_error
        record |= {"responseContext": context, "responsePayload": _payload(result.payload)}
    return record


def bus_entry(record: dict[str, Any], ended: Ended, settings: AsynchronousSettings, bus_arn: str) -> dict[str, Any]:
    """Makes the record an entry of EventBridge's PutEvents: its `detail`, with both ARNs as resources, in AWS's order.

    Source: https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.aws_lambda_destinations-readme.html
    """
    outcome = "Success" if ended.condition == "Success" else "Failure"
    return {
        "Source": "lambda",
        "DetailType": f"Lambda Function Invocation Result - {outcome}",
        "Resources": [bus_arn, f"{settings.function_arn}:$LATEST"],
        "EventBusName": bus_arn,
        "Detail": json.dumps(record),
    }


def _payload(text: bytes) -> Any:
    try:
        return json.loads(text) if text else None
    except ValueError:
        return text.decode(errors="replace")
