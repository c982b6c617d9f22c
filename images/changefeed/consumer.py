"""Binds a consumer's pipeline to its environment: what every sync handler does at import.

AWS clients are made when first needed: most invocations touch neither the table nor the queue.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from changefeed.bulk_transport import BulkTransport
from changefeed.bulk_writer import BulkWriter
from changefeed.change_record import ChangeRecord
from changefeed.document_action import plan
from changefeed.environment import ConsumerEnvironment
from changefeed.item_reader import ItemReader
from changefeed.parking import Parking
from changefeed.pipeline import Pipeline


def consumer_pipeline(
    decode: Callable[[Mapping[str, Any]], ChangeRecord], environment: ConsumerEnvironment
) -> Pipeline:
    """The pipeline of a consumer that decodes its feed's records with `decode`."""

    @cache
    def client(service: str) -> Any:
        import boto3  # 150 ms that only a re-read or a parked record pays
        from botocore.config import Config

        # botocore's own 60 s and up to 10 attempts would use up an invocation; ours and Lambda's retries are enough
        config = Config(connect_timeout=3, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 2})
        return boto3.client(service, region_name=environment.region, config=config)

    return Pipeline(
        decode=decode,
        plan=plan,
        write=BulkWriter(
            send=BulkTransport(endpoint=environment.endpoint, index=environment.index, region=environment.region),
            read_items=ItemReader(table_name=environment.table_name, client=lambda: client("dynamodb")),
            trust_seconds=environment.trust_seconds,
        ),
        park=Parking(queue_url=environment.parking_queue_url, index=environment.index, client=lambda: client("sqs")),
    )
