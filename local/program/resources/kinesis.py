"""Makes Kinesis streams."""

from local.program.resources.creation import Cloud, Created, Inputs, physical_name

ON_DEMAND_SHARDS = 4
"""What an on-demand stream starts with on AWS."""


def _stream(cloud: Cloud, name: str, inputs: Inputs) -> Created:
    stream_name = physical_name(name, inputs)
    kinesis = cloud.client("kinesis")
    kinesis.create_stream(StreamName=stream_name, ShardCount=inputs.get("shardCount") or ON_DEMAND_SHARDS)
    kinesis.get_waiter("stream_exists").wait(StreamName=stream_name, WaiterConfig={"Delay": 1, "MaxAttempts": 30})
    arn = kinesis.describe_stream_summary(StreamName=stream_name)["StreamDescriptionSummary"]["StreamARN"]
    return arn, {"arn": arn, "name": stream_name}


CREATORS = {"aws:kinesis/stream:Stream": _stream}
