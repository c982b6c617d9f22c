"""Makes EventBridge pipes from a queue to a function, with our runner."""

from local.program.resources.asynchronous import asynchronous_invocation
from local.program.resources.creation import PIPES, Cloud, Created, Inputs, physical_name
from local.runners.asynchronous.permitted_target import PermittedTarget
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
    return pipe_name, {"arn": _arn(cloud, pipe_name), "name": pipe_name}


def _arn(cloud: Cloud, name: str) -> str:
    return f"arn:aws:pipes:{cloud.region}:{cloud.account}:pipe/{name}"


def _part(cloud: Cloud, name: str, inputs: Inputs) -> Part:
    target = asynchronous_invocation(cloud, inputs["target"].split(":")[6])
    clients = cloud.clients_of(inputs["roleArn"], PIPES, source_arn=_arn(cloud, name))
    parameters = (inputs.get("sourceParameters") or {}).get("sqsQueueParameters") or {}
    settings = PipeSettings(
        name=name,
        queue_arn=inputs["source"],
        queue_url=cloud.client("sqs").get_queue_url(QueueName=inputs["source"].split(":")[-1])["QueueUrl"],
        function_name=target.name,
        batch_size=parameters.get("batchSize") or 10,
    )
    runner = Pipe(
        settings=settings,
        sqs=clients("sqs", config=polling_config()),
        target=PermittedTarget(target.runner, clients("lambda"), target.name) if cloud.authorise else target.runner,
        own_sqs=cloud.new_client("sqs", config=polling_config()),
    )
    return Part(kind="pipe", name=name, runner=runner, hands_over_to=(target,))


CREATORS = {"aws:pipes/pipe:Pipe": _pipe}
