"""Makes functions: AWS's runtime client runs an image's files, in this Python or in the image.

The function is made as `provided.al2023`, whose bootstrap is `python -m awslambdaric HANDLER` in `images/`: real
environment, real errors, real logs. With `--containers` the bootstrap runs the image.
"""

import io
import json
import shlex
import sys
import zipfile

from local.program.resources.creation import LAMBDA, Cloud, Created, Inputs, physical_name

_BOOTSTRAP = """#!/bin/sh
cd {images}
exec {python} -B -m awslambdaric "$_HANDLER"
"""


def _function(cloud: Cloud, name: str, inputs: Inputs) -> Created:
    function_name = physical_name(name, inputs)
    commands = (inputs.get("imageConfig") or {}).get("commands")
    handler = commands[0] if commands else cloud.image_commands[inputs["imageUri"].partition("@")[2]]
    bootstrap = _BOOTSTRAP.format(images=shlex.quote(str(cloud.root / "images")), python=shlex.quote(sys.executable))
    temporary_megabytes = (inputs.get("ephemeralStorage") or {}).get("size", 512)
    if cloud.containers is not None:
        bootstrap = cloud.containers.bootstrap(
            cloud.image_folders[inputs["imageUri"].partition("@")[2]],
            command=commands[0] if commands else None,
            memory_megabytes=inputs["memorySize"],
            temporary_megabytes=temporary_megabytes,
            variables=inputs["environment"]["variables"],
        )
    cloud.bootstraps[function_name] = bootstrap
    # Lambda refuses a role that it can't take: https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html
    cloud.clients_of(inputs["role"], LAMBDA)("sts").get_caller_identity()
    lambda_client = cloud.client("lambda")
    function = lambda_client.create_function(
        FunctionName=function_name,
        Runtime="provided.al2023",
        Handler=handler,
        Role=inputs["role"],
        Code={"ZipFile": archive(bootstrap)},
        Timeout=inputs["timeout"],
        MemorySize=inputs["memorySize"],
        EphemeralStorage={"Size": temporary_megabytes},
        Environment={"Variables": dict(inputs["environment"]["variables"])},
        LoggingConfig={"LogFormat": "JSON", "LogGroup": inputs["loggingConfig"]["logGroup"]},
    )
    lambda_client.get_waiter("function_active_v2").wait(
        FunctionName=function_name, WaiterConfig={"Delay": 0.1, "MaxAttempts": 300}
    )
    if (reserved := inputs.get("reservedConcurrentExecutions", -1)) >= 0:
        lambda_client.put_function_concurrency(FunctionName=function_name, ReservedConcurrentExecutions=reserved)
    arn = function["FunctionArn"]
    invoke_arn = f"arn:aws:apigateway:{cloud.region}:lambda:path/2015-03-31/functions/{arn}/invocations"
    return function_name, {"arn": arn, "name": function_name, "invokeArn": invoke_arn}


def archive(bootstrap: str) -> bytes:
    """Packs a function's bootstrap as its code."""
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


CREATORS = {
    "aws:lambda/function:Function": _function,
    "aws:lambda/invocation:Invocation": _invocation,
    "aws:lambda/permission:Permission": _permission,
}
