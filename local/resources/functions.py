"""Lambda: an image function runs as AWS's own runtime client on the image's files, in this Python or in the image.

The function is made as `provided.al2023`, whose bootstrap is `python -m awslambdaric HANDLER` in `images/`: real
environment, real errors, real logs. With `--containers` the bootstrap runs the image (`local.function_containers`).
Event source mappings are noted for our own runner: the embedded one loses records that a function reports as failed.
"""

import io
import json
import shlex
import sys
import uuid
import zipfile

from local.resources.creation import Cloud, Created, Inputs, StreamMapping, physical_name

_BOOTSTRAP = """#!/bin/sh
cd {images}
exec {python} -B -m awslambdaric "$_HANDLER"
"""


def _function(cloud: Cloud, name: str, inputs: Inputs) -> Created:
    function_name = physical_name(name, inputs)
    commands = (inputs.get("imageConfig") or {}).get("commands")
    handler = commands[0] if commands else cloud.image_commands[inputs["imageUri"].partition("@")[2]]
    bootstrap = _BOOTSTRAP.format(images=shlex.quote(str(cloud.root / "images")), python=shlex.quote(sys.executable))
    if cloud.containers is not None:
        bootstrap = cloud.containers.bootstrap(
            cloud.image_folders[inputs["imageUri"].partition("@")[2]],
            command=commands[0] if commands else None,
            memory_megabytes=inputs["memorySize"],
            variables=inputs["environment"]["variables"],
        )
    lambda_client = cloud.client("lambda")
    function = lambda_client.create_function(
        FunctionName=function_name,
        Runtime="provided.al2023",
        Handler=handler,
        Role=inputs["role"],
        Code={"ZipFile": _archive(bootstrap)},
        Timeout=inputs["timeout"],
        MemorySize=inputs["memorySize"],
        Environment={"Variables": dict(inputs["environment"]["variables"])},
        LoggingConfig={"LogFormat": "JSON", "LogGroup": inputs["loggingConfig"]["logGroup"]},
    )
    lambda_client.get_waiter("function_active_v2").wait(
        FunctionName=function_name, WaiterConfig={"Delay": 0.1, "MaxAttempts": 300}
    )
    arn = function["FunctionArn"]
    invoke_arn = f"arn:aws:apigateway:{cloud.region}:lambda:path/2015-03-31/functions/{arn}/invocations"
    return function_name, {"arn": arn, "name": function_name, "invokeArn": invoke_arn}


def _archive(bootstrap: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr = 0o755 << 16
        archive.writestr(entry, bootstrap)
    return buffer.getvalue()


def _invocation(cloud: Cloud, name: str, inputs: Inputs) -> Created:
    answer = cloud.client("lambda").invoke(FunctionName=inputs["functionName"], Payload=inputs["input"].encode())
    payload = answer["Payload"].read().decode()
    if answer.get("FunctionError"):
        error = json.loads(payload)
        raise RuntimeError(f"{inputs['functionName']} failed: {error.get('errorType')}: {error.get('errorMessage')}")
    return name, {"result": payload}


def _permission(cloud: Cloud, name: str, inputs: Inputs) -> Created:
    cloud.client("lambda").add_permission(
        FunctionName=inputs["function"],
        StatementId=name,
        Action=inputs["action"],
        Principal=inputs["principal"],
        **({"SourceArn": inputs["sourceArn"]} if "sourceArn" in inputs else {}),
    )
    return name, {}


def _event_source_mapping(cloud: Cloud, _name: str, inputs: Inputs) -> Created:
    mapping_uuid = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{inputs['functionName']}:{inputs['eventSourceArn']}"))
    cloud.mappings.append(StreamMapping(uuid=mapping_uuid, inputs=inputs))
    return mapping_uuid, {"uuid": mapping_uuid}


CREATORS = {
    "aws:lambda/function:Function": _function,
    "aws:lambda/invocation:Invocation": _invocation,
    "aws:lambda/permission:Permission": _permission,
    "aws:lambda/eventSourceMapping:EventSourceMapping": _event_source_mapping,
}
