"""Binds a consumer's pipeline to its environment: what every sync handler does at import."""

from changefeed.batch_part import Decode
from changefeed.environment import ConsumerEnvironment
from changefeed.parking import Parking
from changefeed.pipeline import Pipeline
from changefeed.plan.fold import plan
from changefeed.second_delete.again import DeleteAgain
from changefeed.write.bulk_transport import BulkTransport
from changefeed.write.bulk_writer import BulkWriter
from changefeed.write.item_reader import ItemReader
from lambda_kit.aws_clients import aws_clients


def consumer_pipeline(decode: Decode, environment: ConsumerEnvironment, *, fold_whole: bool = True) -> Pipeline:
    """Makes the pipeline of a consumer whose feed `decode` decodes; `fold_whole` as in `Pipeline`."""
    client = aws_clients(environment.region)
    transport = BulkTransport(endpoint=environment.endpoint, index=environment.index, region=environment.region)
    return Pipeline(
        decode=decode,
        plan=plan,
        write=BulkWriter(
            post=transport.post,
            read_items=ItemReader(table_name=environment.table_name, client=lambda: client("dynamodb")),
            trust_seconds=environment.trust_seconds,
        ),
        fold_whole=fold_whole,
        park=Parking(queue_url=environment.parking_queue_url, index=environment.index, client=lambda: client("sqs")),
        delete_again=DeleteAgain(
            queue_url=environment.second_delete_queue_url, index=environment.index, client=lambda: client("sqs")
        ),
    )
