"""Tables, with stream and time to live. Our forwarder is the destination in Kinesis: the embedded one is not AWS's."""

from local.program.resources.creation import Cloud, Created, Inputs, physical_name
from local.runners.forwarder.forwarder import KinesisForwarder
from local.runners.part import Part
from streams.client import polling_config


def _table(cloud: Cloud, name: str, inputs: Inputs) -> Created:
    table_name = physical_name(name, inputs)
    keys = [(inputs["hashKey"], "HASH")] + ([(inputs["rangeKey"], "RANGE")] if inputs.get("rangeKey") else [])
    capacity = {}
    if inputs["billingMode"] == "PROVISIONED":
        units = {"ReadCapacityUnits": inputs["readCapacity"], "WriteCapacityUnits": inputs["writeCapacity"]}
        capacity = {"ProvisionedThroughput": units}
    view = inputs.get("streamViewType")
    stream = {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": view}} if view else {}
    table = cloud.client("dynamodb").create_table(
        TableName=table_name,
        AttributeDefinitions=[{"AttributeName": a["name"], "AttributeType": a["type"]} for a in inputs["attributes"]],
        KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in keys],
        BillingMode=inputs["billingMode"],
        **stream,
        **capacity,
    )["TableDescription"]
    if (inputs.get("ttl") or {}).get("enabled"):
        specification = {"Enabled": True, "AttributeName": inputs["ttl"]["attributeName"]}
        cloud.client("dynamodb").update_time_to_live(TableName=table_name, TimeToLiveSpecification=specification)
    return table_name, {
        "arn": table["TableArn"],
        "name": table_name,
        "streamArn": table.get("LatestStreamArn", ""),
        "streamLabel": table.get("LatestStreamLabel", ""),
    }


def _streaming_destination(cloud: Cloud, _name: str, inputs: Inputs) -> Created:
    cloud.add_part(lambda: _forwarder(cloud, inputs["tableName"], inputs["streamArn"]))
    return f"{inputs['tableName']},{inputs['streamArn']}", {}


def _forwarder(cloud: Cloud, table_name: str, stream_arn: str) -> Part:
    table = cloud.client("dynamodb").describe_table(TableName=table_name)["Table"]
    runner = KinesisForwarder(
        streams_client=cloud.new_client("dynamodbstreams", config=polling_config()),
        kinesis_client=cloud.new_client("kinesis", config=polling_config()),
        table_stream_arn=table["LatestStreamArn"],
        kinesis_stream_arn=stream_arn,
    )
    return Part(kind="forwarder", name=table_name, runner=runner)


CREATORS = {
    "aws:dynamodb/table:Table": _table,
    "aws:dynamodb/kinesisStreamingDestination:KinesisStreamingDestination": _streaming_destination,
}
