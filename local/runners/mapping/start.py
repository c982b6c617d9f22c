"""Makes a `MappingRunner` out of settings and boto3 clients: what `python -m local up` calls, once a mapping."""

from collections.abc import Callable
from typing import Any

from local.runners.invocation import LambdaInvoker, invoker_config
from local.runners.mapping.destination import failure_destination
from local.runners.mapping.runner import MappingRunner
from local.runners.mapping.settings import MappingSettings
from streams.client import polling_config
from streams.dynamodb import DynamoDBStreamReader
from streams.kinesis import KinesisStreamReader
from streams.reader import StreamReader

MakeClient = Callable[..., Any]
"""(service name, optional `config=`) → boto3 client, with endpoint, region and credentials bound."""

MAX_SHARDS_IN_PARALLEL = 8
"""Sizes the invoker's connection pool; more shards than this share its connections."""


def mapping_runner(
    settings: MappingSettings,
    make_client: MakeClient,
    *,
    function_timeout_seconds: float,
    invoke_identity_arn: str | None = None,
) -> MappingRunner:
    """A runner over the public APIs, not started. Clients are made here: call it on one thread."""
    parallel = settings.parallelization_factor * MAX_SHARDS_IN_PARALLEL
    config = invoker_config(function_timeout_seconds=function_timeout_seconds, parallel_invocations=parallel)
    return MappingRunner(
        settings=settings,
        reader=stream_reader(settings, make_client, invoke_identity_arn=invoke_identity_arn),
        invoke=LambdaInvoker(client=make_client("lambda", config=config)),
        deliver=failure_destination(settings, lambda service: make_client(service, config=polling_config())),
    )


def stream_reader(
    settings: MappingSettings, make_client: MakeClient, *, invoke_identity_arn: str | None = None
) -> StreamReader:
    """The reader of the mapping's source."""
    arn = settings.event_source_arn
    if settings.is_dynamodb:
        return DynamoDBStreamReader(client=make_client("dynamodbstreams", config=polling_config()), stream_arn=arn)
    role = invoke_identity_arn or f"arn:aws:iam::{settings.account_id}:role/{settings.function_name}"
    return KinesisStreamReader(
        client=make_client("kinesis", config=polling_config()),
        stream_arn=arn,
        region=settings.region,
        invoke_identity_arn=role,
    )
