"""Makes the record of a queue's message that a function gets, from a pipe as from an event source mapping.

Shape: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html, "Example standard queue message event". The example
of EventBridge's guide, "SQS as a source", is the same.
"""

import base64
from collections.abc import Mapping
from typing import Any


def queue_record(message: Mapping[str, Any], queue_arn: str) -> dict[str, Any]:
    """Converts a received message. An attribute of a message keeps its fields in Lambda's spelling."""
    digest = (
        {"md5OfMessageAttributes": message["MD5OfMessageAttributes"]} if "MD5OfMessageAttributes" in message else {}
    )
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": dict(message.get("Attributes", {})),
        "messageAttributes": {name: _attribute(value) for name, value in message.get("MessageAttributes", {}).items()},
        **digest,
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn,
        "awsRegion": queue_arn.split(":")[3],
    }


def _attribute(value: Mapping[str, Any]) -> dict[str, Any]:
    binary = {"binaryValue": base64.b64encode(value["BinaryValue"]).decode()} if "BinaryValue" in value else {}
    return {
        "stringValue": value.get("StringValue"),
        **binary,
        "stringListValues": [],
        "binaryListValues": [],
        "dataType": value["DataType"],
    }
