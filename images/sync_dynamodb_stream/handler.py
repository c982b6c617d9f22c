"""Lambda's entry for the table's own stream; the walk of a batch is `changefeed.pipeline`."""

import os
from functools import partial

from changefeed.consumer import consumer_pipeline
from changefeed.decode.dynamodb_record import decode_dynamodb_record
from changefeed.environment import ConsumerEnvironment

environment = ConsumerEnvironment.from_env(os.environ)
decode = partial(decode_dynamodb_record, table_name=environment.table_name)
handler = consumer_pipeline(decode, environment)
