"""Tables, with stream and time to live. The destination in Kinesis is noted for our forwarder: the embedded one is not
AWS's."""

from local.program.resources.creation import Cloud, Created, Inputs, StreamingDestination, physical_name


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
    cloud.destinations.append(StreamingDestination(table_name=inputs["tableName"], stream_arn=inputs["streamArn"]))
    return f"{inputs['tableName']},{inputs['streamArn']}", {}


CREATORS = {
    "aws:dynamodb/table:Table": _table,
    "aws:dynamodb/kinesisStreamingDestination:KinesisStreamingDestination": _streaming_destination,
}
