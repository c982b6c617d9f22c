"""Makes MiniStack's authorisation (AUTH=true) that of AWS where its release differs. It runs inside MiniStack.

* A batch call of SQS needs the right of the single call; MiniStack asks for rights that AWS doesn't know.
* A call that names a stream by its ARN or by a shard iterator is a call on that stream, not on `*`.
* Looking at alarms needs the right on the region's alarms; MiniStack asks for it on `*`.
* The loopback counts as TLS, else the queues' and buckets' own policies would refuse everything. A request with
  `X-Forwarded-Proto: http` doesn't count as TLS, so that the refusal can be seen.
* A service that takes a role says which one it is, by the headers of `local.services.roles`, and the role's trust
  decides. In MiniStack the root key passes for every service, and a trust with a source's ARN lets nobody in.
* Each refusal is a line of the log, with the role and what it lacks.
* The gateway sends to a queue with the role of the integration, invokes a function by that function's own policy, and
  Lambda writes a function's log with its role. In MiniStack each of them just happens.
"""

import json
import logging
from contextvars import ContextVar
from typing import Any
from urllib.parse import quote

from ministack import app
from ministack.core import iam_actions, iam_evaluator
from ministack.core.arn import execute_api_arn
from ministack.core.responses import get_account_id, get_region
from ministack.services import apigateway_v1, dynamodb_streams, iam, kinesis, lambda_svc, sqs

from local.services.ministack_wrapping import known
from local.services.roles import SERVICE_HEADER, SOURCE_HEADER

_API_GATEWAY, _LAMBDA = "apigateway.amazonaws.com", "lambda.amazonaws.com"
_BATCH = "Batch"
_log = logging.getLogger("ministack")

_caller: ContextVar[dict[str, str]] = ContextVar("caller")
_gateway_role: ContextVar[str | None] = ContextVar("gateway_role", default=None)


def authorise_as_aws_does() -> None:
    """Wraps all of it."""
    _log_refusals()
    _name_actions_and_streams()
    _know_the_caller()
    _send_with_the_integrations_role()
    _invoke_by_the_functions_policy()
    _log_with_the_functions_role()


def _log_refusals() -> None:
    answer = known(iam_actions, "access_denied_response")

    def answered(
        service: str, action: str, principal_arn: str, *rest: Any, resource_arn: str = "*", **named: Any
    ) -> Any:
        _note_refusal(principal_arn.split("/")[1:2] or ["root"], action, resource_arn)
        return answer(service, action, principal_arn, *rest, resource_arn=resource_arn, **named)

    iam_actions.access_denied_response = answered


def _note_refusal(role: list[str], action: str, resource: str) -> None:
    """Writes one line into the log of the embedded AWS: which role lacks what."""
    _log.warning("refused: %s may not %s on %s", role[0], action, resource)


def _name_actions_and_streams() -> None:
    action_of = known(iam_actions, "extract_iam_action")
    resource_of = known(iam_actions, "extract_resource_arn")

    def action(service: str, *request: Any) -> str | None:
        found: str | None = action_of(service, *request)
        return found.removesuffix(_BATCH) if found and service == "sqs" else found

    def resource(service: str, method: str, path: str, headers: Any, body: bytes, query_params: Any, *rest: Any) -> str:
        found = str(resource_of(service, method, path, headers, body, query_params, *rest))
        if found != "*":
            return found
        if action_of(service, method, path, headers, body, query_params) == "cloudwatch:DescribeAlarms":
            return f"arn:aws:cloudwatch:{get_region()}:{get_account_id()}:alarm:*"
        return _stream_of(service, body) or found

    iam_actions.extract_iam_action, iam_actions.extract_resource_arn = action, resource


def _stream_of(service: str, body: bytes) -> str | None:
    if service not in ("dynamodb", "dynamodbstreams", "kinesis"):
        return None
    try:
        named = json.loads(body)
    except ValueError:
        return None
    iterator = named.get("ShardIterator")
    if service == "kinesis":
        return (kinesis._shard_iterators.get(iterator) or {}).get("stream_arn")
    return named.get("StreamArn") or (dynamodb_streams._decode_iterator(iterator or "") or {}).get("arn")


def _know_the_caller() -> None:
    pin = known(iam_evaluator, "pin_request_caller")
    pin_origin = known(app, "pin_request_origin")
    trusts = known(iam_evaluator, "evaluate_trust_policy")

    def pinned(headers: dict[str, str], query_params: Any = None) -> None:
        pin(headers, query_params)
        if headers.get("x-forwarded-proto") == "http":
            pin_origin(iam_evaluator._request_origin.get()[0], secure_transport=False)
        _caller.set(headers)

    def trusted(document: Any, caller_arn: str, context: Any = None) -> bool:
        headers = _caller.get({})
        service = headers.get(SERVICE_HEADER)
        if service is None:
            return bool(trusts(document, caller_arn, context))
        if source := headers.get(SOURCE_HEADER):
            context.service_context |= {"aws:sourcearn": source, "aws:sourceaccount": source.split(":")[4]}
        is_trusted = _is_trusted(document, context, service)
        if not is_trusted:
            _note_refusal([service], "sts:AssumeRole", context.resource_arn)
        return is_trusted

    app.pin_request_origin = lambda address, _: pin_origin(address, secure_transport=True)
    iam_evaluator.pin_request_caller, iam_evaluator.evaluate_trust_policy = pinned, trusted


def _send_with_the_integrations_role() -> None:
    invoke = known(apigateway_v1, "_invoke_sqs_v1")
    dispatch = known(sqs, "_dispatch")

    async def invoked(integration: dict[str, Any], api_id: str, stage_name: str, *rest: Any, **named: Any) -> Any:
        kept = _gateway_role.set(integration.get("credentials"))
        try:
            return await invoke(integration, api_id, stage_name, *rest, **named)
        finally:
            _gateway_role.reset(kept)

    async def dispatched(action: str, data: dict[str, Any], queue_url: str) -> Any:
        role = _gateway_role.get()
        if role is not None:
            queue = f"arn:aws:sqs:{get_region()}:{':'.join(queue_url.rsplit('/', 2)[1:])}"
            if not _may(role, _API_GATEWAY, f"sqs:{action}", queue):
                raise sqs._Err("AccessDenied", f"{role} is not authorized to perform sqs:{action}", 403)
        return await dispatch(action, data, queue_url)

    apigateway_v1._invoke_sqs_v1, sqs._dispatch = invoked, dispatched


def _invoke_by_the_functions_policy() -> None:
    invoke = known(apigateway_v1, "_invoke_lambda_proxy_v1")

    async def invoked(
        integration: dict[str, Any], api_id: str, stage_name: str, stage: Any, resource: Any, path: str, method: str,
        *rest: Any, **named: Any,
    ) -> Any:  # fmt: skip
        function = apigateway_v1._extract_lambda_ref_from_integration_uri(integration.get("uri", ""))
        # As on the wire: MiniStack's patterns match no line break, which a path may hold once it is decoded.
        source = execute_api_arn(get_region(), get_account_id(), api_id, stage_name, method, quote(path))
        policy, _ = lambda_svc.function_policy_for_arn(function) or ({}, None)
        context = _context("lambda:InvokeFunction", function, {"aws:sourcearn": source})
        if not _is_trusted(policy, context, _API_GATEWAY):
            _note_refusal([_API_GATEWAY], "lambda:InvokeFunction", function)
            return apigateway_v1._gw_error("API_CONFIGURATION_ERROR", "Internal server error")
        return await invoke(integration, api_id, stage_name, stage, resource, path, method, *rest, **named)

    apigateway_v1._invoke_lambda_proxy_v1 = invoked


def _log_with_the_functions_role() -> None:
    emit = known(lambda_svc, "_emit_lambda_logs")

    def emitted(func: dict[str, Any], *rest: Any, **named: Any) -> None:
        config = func.get("config") or func
        group = (config.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{config['FunctionName']}"
        stream = f"arn:aws:logs:{get_region()}:{get_account_id()}:log-group:{group}:log-stream:any"
        role = config.get("Role", "")
        if all(_may(role, _LAMBDA, f"logs:{call}", stream) for call in ("CreateLogStream", "PutLogEvents")):
            emit(func, *rest, **named)

    lambda_svc._emit_lambda_logs = emitted


def _may(role_arn: str, service: str, action: str, resource: str) -> bool:
    """Whether the service may take the role, and the role may do this."""
    name = role_arn.rsplit("/", 1)[-1]
    trust = (iam._roles.get(name) or {}).get("AssumeRolePolicyDocument")
    policies = iam_evaluator._gather_role_policies(name, get_account_id())
    trusted = _is_trusted(trust, _context("sts:AssumeRole", role_arn), service)
    allowed = bool(iam_evaluator.evaluate(_context(action, resource), policies).decision == "Allow")
    if not trusted or not allowed:
        _note_refusal([name], action if trusted else f"be taken by {service}", resource)
    return trusted and allowed


def _is_trusted(policy: Any, context: Any, service: str) -> bool:
    return bool(iam_evaluator.evaluate_resource_policy(policy, context, service=service).decision == "Allow")


def _context(action: str, resource: str, keys: dict[str, str] | None = None) -> Any:
    return iam_evaluator.EvalContext(
        principal_arn="", principal_type="AssumedRole", principal_account=get_account_id(), action=action,
        resource_arn=resource, region=get_region(), secure_transport=True, service_context=keys or {},
    )  # fmt: skip
