"""Makes SQS queues and their policies."""

import json

from local.program.resources.creation import Cloud, Created, Inputs, physical_name

_ATTRIBUTES = {
    "messageRetentionSeconds": "MessageRetentionPeriod",
    "visibilityTimeoutSeconds": "VisibilityTimeout",
    "delaySeconds": "DelaySeconds",
    "maxMessageSize": "MaximumMessageSize",
    "receiveWaitTimeSeconds": "ReceiveMessageWaitTimeSeconds",
    "redrivePolicy": "RedrivePolicy",
    "sqsManagedSseEnabled": "SqsManagedSseEnabled",
}


def _queue(cloud: Cloud, name: str, inputs: Inputs) -> Created:
    queue_name = physical_name(name, inputs)
    sqs = cloud.client("sqs")
    attributes = {
        wire: json.dumps(inputs[key]) if isinstance(inputs[key], bool) else str(inputs[key])
        for key, wire in _ATTRIBUTES.items()
        if key in inputs
    }
    url = sqs.create_queue(QueueName=queue_name, Attributes=attributes)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    return url, {"arn": arn, "url": url, "name": queue_name}


def _queue_policy(cloud: Cloud, _name: str, inputs: Inputs) -> Created:
    cloud.client("sqs").set_queue_attributes(QueueUrl=inputs["queueUrl"], Attributes={"Policy": inputs["policy"]})
    return str(inputs["queueUrl"]), {}


CREATORS = {
    "aws:sqs/queue:Queue": _queue,
    "aws:sqs/queuePolicy:QueuePolicy": _queue_policy,
}
