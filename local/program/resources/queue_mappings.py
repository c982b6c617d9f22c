"""Makes Lambda's mappings of SQS queues, with our runner: the embedded one loses what a function reports as failed."""

from local.program.resources.creation import LAMBDA, Cloud, Inputs
from local.runners.asynchronous.start import MOST_PARALLEL
from local.runners.part import Part
from local.runners.queue_mapping.settings import QueueMappingSettings
from local.runners.queue_mapping.start import queue_mapping_runner

KIND = "queue mapping"
_OF_STREAMS = (
    "startingPosition",
    "bisectBatchOnFunctionError",
    "maximumRetryAttempts",
    "maximumRecordAgeInSeconds",
    "parallelizationFactor",
    "tumblingWindowInSeconds",
    "destinationConfig",
)
_NOT_EMULATED = ("filterCriteria", "provisionedPollerConfig")


def add_queue_mapping(cloud: Cloud, inputs: Inputs) -> None:
    """Adds the part, named after its queue. Raises ValueError for what Lambda refuses and for what isn't emulated."""
    settings = queue_mapping_settings(cloud, inputs)

    def make() -> Part:
        function = cloud.client("lambda").get_function_configuration(FunctionName=settings.function_name)
        runner = queue_mapping_runner(settings, cloud.clients_of(function["Role"], LAMBDA))
        return Part(kind=KIND, name=settings.queue_name, runner=runner)

    if inputs.get("enabled", True):
        cloud.add_part(make)


def queue_mapping_settings(cloud: Cloud, inputs: Inputs) -> QueueMappingSettings:
    """Returns what the program declared, in the runner's words."""
    if refused := [name for name in _OF_STREAMS if inputs.get(name) is not None]:
        raise ValueError(f"Lambda takes no {', '.join(refused)} for a queue")
    if missing := [name for name in _NOT_EMULATED if inputs.get(name)]:
        raise ValueError(f"{', '.join(missing)} of a queue's mapping: not emulated")
    arn = inputs["eventSourceArn"]
    sqs = cloud.client("sqs")
    url = sqs.get_queue_url(QueueName=arn.split(":")[-1])["QueueUrl"]
    visibility = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])["Attributes"]
    function = cloud.client("lambda").get_function_configuration(FunctionName=inputs["functionName"])
    concurrency = (inputs.get("scalingConfig") or {}).get("maximumConcurrency") or MOST_PARALLEL
    return QueueMappingSettings(
        function_name=inputs["functionName"],
        queue_arn=arn,
        queue_url=url,
        visibility_seconds=int(visibility["VisibilityTimeout"]),
        function_timeout_seconds=function["Timeout"],
        batch_size=inputs.get("batchSize") or 10,
        batching_window_seconds=inputs.get("maximumBatchingWindowInSeconds") or 0,
        report_batch_item_failures="ReportBatchItemFailures" in (inputs.get("functionResponseTypes") or ()),
        parallel=min(MOST_PARALLEL, concurrency),
    )
