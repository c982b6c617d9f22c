"""EventBridge pipes: noted for our own runner, which knows a queue as the source and a function as the target."""

from local.program.resources.creation import Cloud, Created, Inputs, QueuePipe, physical_name


def _pipe(cloud: Cloud, name: str, inputs: Inputs) -> Created:
    pipe_name = physical_name(name, inputs)
    if ":sqs:" not in inputs["source"] or ":lambda:" not in inputs["target"]:
        raise ValueError("only pipes from an SQS queue to a function are emulated")
    target = inputs.get("targetParameters") or {}
    invocation = (target.get("lambdaFunctionParameters") or {}).get("invocationType")
    if invocation != "FIRE_AND_FORGET" or target.get("inputTemplate") or inputs.get("enrichment"):
        raise ValueError("only FIRE_AND_FORGET is emulated, without a template and an enrichment")
    source = inputs.get("sourceParameters") or {}
    if source.get("filterCriteria") or (source.get("sqsQueueParameters") or {}).get("maximumBatchingWindowInSeconds"):
        raise ValueError("neither filters nor a batching window are emulated")
    cloud.pipes.append(QueuePipe(name=pipe_name, inputs=inputs))
    return pipe_name, {"arn": f"arn:aws:pipes:{cloud.region}:{cloud.account}:pipe/{pipe_name}", "name": pipe_name}


CREATORS = {"aws:pipes/pipe:Pipe": _pipe}
