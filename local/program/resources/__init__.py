"""What the local stack makes of each resource type: one file an AWS service, a small creator a type.

A creator gets the cloud, the resource's logical name and its inputs (Pulumi's names, camelCase, whole numbers as int),
makes the resource in the embedded AWS and gives its id and outputs. A type that no file knows is an error.
"""

from local.program.resources import (
    api_gateway,
    dynamodb,
    functions,
    iam,
    images,
    kinesis,
    logs,
    object_storage,
    pipes,
    queues,
    search,
)
from local.program.resources.creation import Creator

CREATORS: dict[str, Creator] = {
    **api_gateway.CREATORS,
    **dynamodb.CREATORS,
    **functions.CREATORS,
    **iam.CREATORS,
    **images.CREATORS,
    **kinesis.CREATORS,
    **logs.CREATORS,
    **object_storage.CREATORS,
    **pipes.CREATORS,
    **queues.CREATORS,
    **search.CREATORS,
}
