"""Binds a backfill to the function's environment: one table, and an index and a parking queue for each consumer."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from changefeed.backfill.backfill import Backfill
from changefeed.backfill.page import PageReader
from changefeed.backfill.request import BackfillAnswer, BackfillRequest
from changefeed.parking import Parking
from changefeed.pipeline import LambdaContext
from changefeed.write.bulk_transport import BulkTransport
from changefeed.write.bulk_writer import BulkWriter
from changefeed.write.item_reader import ItemReader
from lambda_kit.aws_clients import aws_clients
from lambda_kit.environment import Variables
from lambda_kit.errors import SettingsError


@dataclass(frozen=True, kw_only=True)
class BackfillTarget:
    """Where one consumer's documents and its rejected items go."""

    index: str
    parking_queue_url: str


@dataclass(frozen=True, kw_only=True)
class BackfillEnvironment:
    """The settings of the backfill function."""

    endpoint: str
    region: str
    table_name: str
    consumers: Mapping[str, BackfillTarget]

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "BackfillEnvironment":
        """Reads the variables; `CONSUMERS` is `{consumer: {"index", "parking_queue_url"}}`.

        Raises SettingsError that lists every missing or wrong one.
        """
        variables = Variables(environ)
        settings = cls(
            endpoint=variables.endpoint("OPENSEARCH_ENDPOINT"),
            region=variables.text("AWS_REGION"),
            table_name=variables.text("TABLE_NAME"),
            consumers=_consumers(variables),
        )
        variables.raise_problems()
        return settings


def _consumers(variables: Variables) -> dict[str, BackfillTarget]:
    text = variables.text("CONSUMERS") or "{}"
    try:
        return {name: BackfillTarget(**target) for name, target in json.loads(text).items()}
    except (ValueError, TypeError, AttributeError):
        variables.problems.append("CONSUMERS is not JSON of consumers with index and parking_queue_url")
        return {}


def backfill_function(
    environment: BackfillEnvironment,
) -> Callable[[Mapping[str, Any], LambdaContext], BackfillAnswer]:
    """Makes Lambda's entry for backfills into any of the consumers' indexes."""
    client = aws_clients(environment.region)

    def of(target: BackfillTarget) -> Backfill:
        return Backfill(
            open_table=lambda: PageReader(table_name=environment.table_name, client=client("dynamodb")),
            write=BulkWriter(
                post=BulkTransport(endpoint=environment.endpoint, index=target.index, region=environment.region).post,
                read_items=ItemReader(table_name=environment.table_name, client=lambda: client("dynamodb")),
            ),
            park=Parking(queue_url=target.parking_queue_url, index=target.index, client=lambda: client("sqs")),
        )

    backfills = {name: of(target) for name, target in environment.consumers.items()}

    def handle(event: Mapping[str, Any], context: LambdaContext) -> BackfillAnswer:
        request = BackfillRequest.from_event(event)
        if request.consumer not in backfills:
            raise SettingsError(f"There is no consumer {request.consumer!r}; there are {', '.join(sorted(backfills))}.")
        return backfills[request.consumer](request, context)

    return handle
