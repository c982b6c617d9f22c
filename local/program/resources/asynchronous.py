"""Makes asynchronous invocation, with our runner: the embedded one uses a new request id for each attempt and has no
on-success destination."""

from local.program.resources.creation import LAMBDA, Cloud, Created, Inputs
from local.program.resources.functions import archive
from local.runners.asynchronous.settings import AsynchronousSettings
from local.runners.asynchronous.start import MOST_PARALLEL, asynchronous_runner
from local.runners.part import Part

KIND = "asynchronous invocation"
_LESS_URGENT = "#!/bin/sh\nrenice -n 10 -p $$ >/dev/null 2>&1\n"


def asynchronous_invocation(cloud: Cloud, function_name: str) -> Part:
    """Returns the part that invokes a function asynchronously: one a function, for all its pipes."""

    def make() -> Part:
        settings = asynchronous_settings(cloud, function_name)
        function = cloud.client("lambda").get_function_configuration(FunctionName=function_name)
        clients = cloud.clients_of(function["Role"], LAMBDA)
        runner = asynchronous_runner(settings, clients, function_timeout_seconds=function["Timeout"])
        return Part(kind=KIND, name=function_name, runner=runner)

    return cloud.shared_part(KIND, function_name, make)


def asynchronous_settings(cloud: Cloud, function_name: str) -> AsynchronousSettings:
    """Returns what the program declared for a function, or AWS's defaults."""
    function = cloud.client("lambda").get_function(FunctionName=function_name)
    inputs = cloud.asynchronous.get(function_name, {})
    destinations = inputs.get("destinationConfig") or {}
    # With 0 an event needs a thread all the same: `FunctionAttempt` sees it, and the failure destination gets a record.
    reserved = (function.get("Concurrency") or {}).get("ReservedConcurrentExecutions") or MOST_PARALLEL
    retries = inputs.get("maximumRetryAttempts")
    return AsynchronousSettings(
        function_name=function_name,
        function_arn=function["Configuration"]["FunctionArn"],
        maximum_retry_attempts=2 if retries is None else retries,
        maximum_event_age_seconds=inputs.get("maximumEventAgeInSeconds") or 21_600,
        on_success_arn=(destinations.get("onSuccess") or {}).get("destination"),
        on_failure_arn=(destinations.get("onFailure") or {}).get("destination"),
        parallel=min(MOST_PARALLEL, reserved),
    )


def _event_invoke_config(cloud: Cloud, _name: str, inputs: Inputs) -> Created:
    if inputs.get("qualifier") not in (None, "$LATEST"):
        raise ValueError("only a function's latest version is emulated")
    function_name = inputs["functionName"]
    cloud.asynchronous[function_name] = inputs
    # On AWS a function never takes a processor from the services; here work that nobody waits for must not, either.
    bootstrap = cloud.bootstraps[function_name].replace("#!/bin/sh\n", _LESS_URGENT, 1)
    cloud.client("lambda").update_function_code(FunctionName=function_name, ZipFile=archive(bootstrap))
    return str(function_name), {}


CREATORS = {"aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig": _event_invoke_config}
