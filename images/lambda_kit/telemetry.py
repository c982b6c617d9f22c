"""One JSON line per thing that happened, for the function's log group. Never an item's content, never an error's
reason (OpenSearch echoes field values in it): types, codes, counts and sequence numbers only."""

import os
import sys
import time
from datetime import UTC, datetime

import orjson


def log(message: str, /, *, level: str = "INFO", **fields: object) -> None:
    """Write one line to standard output, which Lambda sends to the function's log group."""
    line = {"timestamp": datetime.now(UTC).isoformat(timespec="milliseconds"), "level": level, "message": message}
    sys.stdout.write(orjson.dumps(line | fields, default=str).decode() + "\n")


def count(metric: str, number: int) -> None:
    """Write a number of things as a metric of the function, in the format that CloudWatch reads out of its log.

    Source: "Embedded metric format specification", CloudWatch User Guide.
    """
    definition = {
        "Namespace": "driftless",
        "Dimensions": [["FunctionName"]],
        "Metrics": [{"Name": metric, "Unit": "Count"}],
    }
    about = {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [definition]}
    function = os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "none")
    sys.stdout.write(orjson.dumps({"_aws": about, "FunctionName": function, metric: number}).decode() + "\n")
