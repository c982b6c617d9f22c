"""Lambda's entry for the table's own stream; the walk of a batch is `changefeed.pipeline`."""

import os

from changefeed.consumer import consumer_pipeline
from changefeed.decode.dynamodb_record import decode_dynamodb_record
from changefeed.environment import ConsumerEnvironment

handler = consumer_pipeline(decode_dynamodb_record, ConsumerEnvironment.from_env(os.environ))
