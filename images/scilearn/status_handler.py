"""The status function: a light entry that imports nothing scientific, for an answer without a long cold start."""

import os
import time
from functools import cache
from typing import Any

import orjson

from lambda_kit.aws_clients import aws_clients
from lambda_kit.problem import Problem, internal
from lambda_kit.telemetry import log
from scilearn.environment import StatusEnvironment
from scilearn.errors import TransientError
from scilearn.status_answer import StatusAnswer, answered
from scilearn.status_problem import unavailable
from scilearn.status_table import StatusTable

_settings = StatusEnvironment.from_env(os.environ)
_clients = aws_clients(_settings.region)


@cache
def _s3() -> Any:
    import boto3
    from botocore.config import Config

    # By itself botocore signs links by the old version 2 in some regions, which newer ones refuse.
    return boto3.client("s3", region_name=_settings.region, config=Config(signature_version="s3v4"))


def _link(bucket: str, key: str) -> str:
    place = {"Bucket": bucket, "Key": key}
    return str(_s3().generate_presigned_url("get_object", Params=place, ExpiresIn=_settings.link_seconds))


_table = StatusTable(table_name=_settings.status_table, client=lambda: _clients("dynamodb"))
_answer = StatusAnswer(
    read=_table.read,
    link=_link,
    queue_retention_seconds=_settings.queue_retention_seconds,
    link_seconds=_settings.link_seconds,
    now=time.time,
)


def handler(event: Any, context: Any) -> dict[str, Any]:
    """Answers one API Gateway proxy event; never raises, never shows an exception."""
    return respond(_answer, event, str(getattr(context, "aws_request_id", "")))


def respond(answer: StatusAnswer, event: Any, invocation_id: str) -> dict[str, Any]:
    """Answers any event with a proxy response."""
    started = time.perf_counter()
    try:
        status, body = answered(answer, event)
    except Problem as problem:
        status, body = problem.status, problem.body(invocation_id)
    except TransientError as error:
        status, body = 503, unavailable().body(invocation_id)
        log("status not read", level="ERROR", code=error.code)
    except Exception as error:  # the edge: the caller gets a 500 and the log its type
        status, body = 500, internal(type(error).__name__).body(invocation_id)
        log("status failed", level="ERROR", error=type(error).__name__)
    milliseconds = round((time.perf_counter() - started) * 1000, 1)
    log("status answered", status=status, milliseconds=milliseconds, invocation_id=invocation_id)
    headers = {"Content-Type": "application/json", "Cache-Control": "no-store"}
    text = orjson.dumps(body).decode()
    return {"statusCode": status, "headers": headers, "body": text, "isBase64Encoded": False}
