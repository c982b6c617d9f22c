"""Lambda's entry for the table's changes in Kinesis; the walk of a batch is `changefeed.pipeline`."""

import os
from functools import partial

from changefeed.consumer import consumer_pipeline
from changefeed.decode.kinesis_record import decode_kinesis_record
from changefeed.environment import ConsumerEnvironment

environment = ConsumerEnvironment.from_env(os.environ)
decode = partial(decode_kinesis_record, table_name=environment.table_name)
handler = consumer_pipeline(decode, environment, fold_whole=False)
