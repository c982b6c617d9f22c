"""Makes event source mappings, with our runner: the embedded one loses records that a function reports as failed."""

import uuid

from local.program.resources.creation import LAMBDA, Cloud, Created, Inputs
from local.program.resources.queue_mappings import add_queue_mapping
from local.runners.mapping.settings import MappingSettings
from local.runners.mapping.start import mapping_runner
from local.runners.part import Part

KIND = "mapping"


def _event_source_mapping(cloud: Cloud, _name: str, inputs: Inputs) -> Created:
    mapping_uuid = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{inputs['functionName']}:{inputs['eventSourceArn']}"))
    if ":sqs:" in inputs["eventSourceArn"]:
        add_queue_mapping(cloud, inputs)
    else:
        cloud.add_part(lambda: _part(cloud, mapping_uuid, inputs))
    arn = f"arn:aws:lambda:{cloud.region}:{cloud.account}:event-source-mapping:{mapping_uuid}"
    return mapping_uuid, {"arn": arn, "uuid": mapping_uuid}


def _part(cloud: Cloud, mapping_uuid: str, inputs: Inputs) -> Part:
    """Names the part as the export `event_source_mappings` does (consumer to mapping), else after its function."""
    settings = mapping_settings(cloud, mapping_uuid, inputs)
    function = cloud.client("lambda").get_function_configuration(FunctionName=settings.function_name)
    clients = cloud.clients_of(function["Role"], LAMBDA)
    runner = mapping_runner(settings, clients, function_timeout_seconds=function["Timeout"])
    names = {known: consumer for consumer, known in cloud.exports.get("event_source_mappings", {}).items()}
    return Part(kind=KIND, name=names.get(mapping_uuid, settings.function_name), runner=runner)


def mapping_settings(cloud: Cloud, mapping_uuid: str, inputs: Inputs) -> MappingSettings:
    """Returns what the program declared, in the runner's words."""
    name = inputs["functionName"]
    return MappingSettings(
        uuid=mapping_uuid,
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
        failure_destination_arn=((inputs.get("destinationConfig") or {}).get("onFailure") or {}).get("destinationArn"),
    )


CREATORS = {"aws:lambda/eventSourceMapping:EventSourceMapping": _event_source_mapping}
