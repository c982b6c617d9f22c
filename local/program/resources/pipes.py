"""EventBridge pipes, run by our own runner: from a queue to a function."""

from local.program.resources.asynchronous import asynchronous_invocation
from local.program.resources.creation import Cloud, Created, Inputs, physical_name
from local.runners.asynchronous.pipe import Pipe
from local.runners.asynchronous.settings import PipeSettings
from local.runners.part import Part
from streams.client import polling_config


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
    cloud.add_part(lambda: _part(cloud, pipe_name, inputs))
    return pipe_name, {"arn": f"arn:aws:pipes:{cloud.region}:{cloud.account}:pipe/{pipe_name}", "name": pipe_name}


def _part(cloud: Cloud, name: str, inputs: Inputs) -> Part:
    target = asynchronous_invocation(cloud, inputs["target"].split(":")[6])
    parameters = (inputs.get("sourceParameters") or {}).get("sqsQueueParameters") or {}
    settings = PipeSettings(
        name=name,
        queue_arn=inputs["source"],
        queue_url=cloud.client("sqs").get_queue_url(QueueName=inputs["source"].split(":")[-1])["QueueUrl"],
        function_name=target.name,
        batch_size=parameters.get("batchSize") or 10,
    )
    runner = Pipe(settings=settings, sqs=cloud.new_client("sqs", config=polling_config()), target=target.runner)
    return Part(kind="pipe", name=name, runner=runner, hands_over_to=(target,))


CREATORS = {"aws:pipes/pipe:Pipe": _pipe}
