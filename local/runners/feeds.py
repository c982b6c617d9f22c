"""The feeds of a deployed local stack: a runner for each event source mapping, a forwarder for each destination, a pipe
and a runner for each function that is invoked through one."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import Any

from local.program.resources.creation import Cloud, StreamMapping
from local.runners.asynchronous.pipe import Pipe
from local.runners.asynchronous.runner import AsynchronousRunner
from local.runners.asynchronous.start import asynchronous_runner, queue_pipe
from local.runners.forwarder.forwarder import KinesisForwarder
from local.runners.mapping.runner import MappingRunner
from local.runners.mapping.settings import MappingSettings
from local.runners.mapping.start import mapping_runner
from streams.client import polling_config


def mapping_settings(mapping: StreamMapping, cloud: Cloud) -> MappingSettings:
    """What the program declared, in the runner's words."""
    inputs = mapping.inputs
    name = inputs["functionName"]
    on_failure = ((inputs.get("destinationConfig") or {}).get("onFailure") or {}).get("destinationArn")
    return MappingSettings(
        uuid=mapping.uuid,
        function_name=name,
        function_arn=f"arn:aws:lambda:{cloud.region}:{cloud.account}:function:{name}",
        event_source_arn=inputs["eventSourceArn"],
        starting_position=inputs["startingPosition"],
        region=cloud.region,
        batch_size=inputs["batchSize"],
        batching_window_seconds=inputs["maximumBatchingWindowInSeconds"],
        maximum_retry_attempts=inputs["maximumRetryAttempts"],
        maximum_record_age_seconds=inputs["maximumRecordAgeInSeconds"],
        bisect_batch_on_function_error=inputs["bisectBatchOnFunctionError"],
        parallelization_factor=inputs["parallelizationFactor"],
        report_batch_item_failures="ReportBatchItemFailures" in inputs["functionResponseTypes"],
        failure_destination_arn=on_failure,
    )


class Feeds:
    """Everything that carries changes: started and stopped together."""

    def __init__(self, cloud: Cloud, consumers: Mapping[str, str], make_client: Callable[..., Any]) -> None:
        """`consumers` is the export `event_source_mappings`: consumer to mapping."""
        names = {mapping_uuid: consumer for consumer, mapping_uuid in consumers.items()}
        lambda_client = cloud.client("lambda")
        self.runners: dict[str, MappingRunner] = {}
        for mapping in cloud.mappings:
            settings = mapping_settings(mapping, cloud)
            function = lambda_client.get_function_configuration(FunctionName=settings.function_name)
            self.runners[names[mapping.uuid]] = mapping_runner(
                settings, make_client, function_timeout_seconds=function["Timeout"]
            )
        self.forwarders = [
            KinesisForwarder(
                streams_client=make_client("dynamodbstreams", config=polling_config()),
                kinesis_client=make_client("kinesis", config=polling_config()),
                table_stream_arn=cloud.client("dynamodb").describe_table(TableName=destination.table_name)["Table"][
                    "LatestStreamArn"
                ],
                kinesis_stream_arn=destination.stream_arn,
            )
            for destination in cloud.destinations
        ]
        self.functions: dict[str, AsynchronousRunner] = {}
        self.pipes: list[Pipe] = []
        for pipe in cloud.pipes:
            name = pipe.inputs["target"].split(":")[6]
            if name not in self.functions:
                self.functions[name] = asynchronous_runner(cloud, name, make_client)
            self.pipes.append(queue_pipe(pipe, self.functions[name], make_client))

    def start(self) -> None:
        """Begin to carry changes."""
        for forwarder in self.forwarders:
            forwarder.start()
        for runner in self.runners.values():
            runner.start()
        for function in self.functions.values():
            function.start()
        for pipe in self.pipes:
            pipe.start()

    def stop(self) -> None:
        """Carry nothing any more. Pipes end before the functions that they hand over to."""
        for parts in ([*self.forwarders, *self.runners.values(), *self.pipes], [*self.functions.values()]):
            with ThreadPoolExecutor(len(parts) or 1) as pool:  # each waits for its threads: together, not in turn
                list(pool.map(lambda part: part.stop(), parts))

    def status(self) -> dict[str, dict[str, Any]]:
        """Counters of each consumer's mapping."""
        return {consumer: asdict(runner.status()) for consumer, runner in self.runners.items()}

    def asynchronous_status(self) -> dict[str, dict[str, Any]]:
        """Counters of each function that a pipe invokes, by its name."""
        return {name: asdict(runner.status()) for name, runner in self.functions.items()}
