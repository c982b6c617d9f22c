"""Adds to MiniStack what its release lacks: two things that the analyses need, streams as AWS's, honest logs.

* Mapping templates of an integration with SQS know `requestTimeEpoch`, `requestId`, `extendedRequestId` and `stage` of
  `$context`, and may set a header: `#set($context.responseOverride.header.NAME = ...)`. MiniStack gives them an
  authoriser's values only. Both: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
* An invocation may bring its own request id, in the client context (`{"custom": {"request_id": ID}}`), so that
  the runner can keep one over the retries of an event, as Lambda does. MiniStack makes one an attempt.
* A record of a table's stream has a size, an id of 32 hexadecimal digits, and a sequence number of 21 digits and more
  without leading zeros, so that who compares them as text fails here, too: as recorded on AWS. MiniStack's have the
  size 0, a UUID, and 30 digits always.
* The REPORT line of a function's log says nothing of memory. MiniStack's number is that of any process that has ended,
  and 0 while none has: functions' processes stay.

They wrap functions of MiniStack.
"""

import base64
import json
import re
import time
import uuid
from contextvars import ContextVar
from typing import Any

from ministack.services import apigateway_v1, cloudwatch_logs, dynamodb, lambda_svc

from local.services.ministack_wrapping import known

_MILLISECOND_DIGITS = 20
_MEMORY = re.compile(r"(REPORT RequestId: .*)\tMax Memory Used: \d+ MB")
_HEADER = re.compile(r"\s*\$context\.responseOverride\.header\.([\w-]+)\s*=\s*(.+?)\s*", re.DOTALL)

_request: ContextVar[dict[str, Any]] = ContextVar("request")
_headers: ContextVar[dict[str, str]] = ContextVar("headers")
_request_id: ContextVar[str | None] = ContextVar("request_id", default=None)


def add_template_values() -> None:
    """Gives the templates of SQS integrations the request's time and id, and lets them set headers."""
    invoke = known(apigateway_v1, "_invoke_sqs_v1")
    render = known(apigateway_v1, "_render_request_template_v1")
    set_variable = known(apigateway_v1, "_vtl_set")
    value_of = known(apigateway_v1, "_vtl_value")

    async def invoked(*arguments: Any, **named: Any) -> tuple[int, dict[str, str], bytes]:
        values = {
            "requestTimeEpoch": int(time.time() * 1000),
            "requestId": str(uuid.uuid4()),
            "extendedRequestId": uuid.uuid4().hex,
            "stage": arguments[2],
        }
        request, headers = _request.set(values), _headers.set({})
        try:
            status, answered, body = await invoke(*arguments, **named)
            return status, answered | _headers.get(), body
        finally:
            _request.reset(request)
            _headers.reset(headers)

    def rendered(template: str, body: str, parameters: dict[str, Any], context: Any = None) -> str:
        return str(render(template, body, parameters, _request.get({}) | (context or {})))

    def variable_set(inner: str, state: dict[str, Any]) -> None:
        header = _HEADER.fullmatch(inner)
        if header is None:
            set_variable(inner, state)
        else:
            _headers.get({})[header[1]] = str(value_of(header[2], state))

    apigateway_v1._invoke_sqs_v1 = invoked
    apigateway_v1._render_request_template_v1 = rendered
    apigateway_v1._vtl_set = variable_set


def keep_request_ids() -> None:
    """Lets an invocation's client context name its request id."""
    invoke, execute = known(lambda_svc, "_invoke"), known(lambda_svc, "_execute_function_dispatch")

    async def invoked(name: str, event: Any, headers: dict[str, str], *rest: Any, **named: Any) -> Any:
        kept = _request_id.set(_given_id(headers))
        try:
            return await invoke(name, event, headers, *rest, **named)
        finally:
            _request_id.reset(kept)

    def executed(func: Any, config: Any, event: Any, request_id: str, started: float) -> Any:
        return execute(func, config, event, _request_id.get() or request_id, started)

    lambda_svc._invoke = invoked
    lambda_svc._execute_function_dispatch = executed


def shape_stream_records() -> None:
    """Gives the records of tables' streams AWS's size, id and sequence number.

    MiniStack's number is 20 digits of milliseconds, then a counter, padded. The counter goes first and unpadded: so it
    rises as before, and its tenth record is the first whose number is less than others as text.
    """
    build, size = known(dynamodb, "_build_change_record"), known(dynamodb, "_item_size_bytes")

    def built(*arguments: Any, **named: Any) -> dict[str, Any]:
        record: dict[str, Any] = build(*arguments, **named)
        change, number = record["dynamodb"], record["dynamodb"]["SequenceNumber"]
        change["SequenceNumber"] = f"{int(number[_MILLISECOND_DIGITS:])}{number[:_MILLISECOND_DIGITS]}"
        change["SizeBytes"] = sum(size(change[part]) for part in ("Keys", "NewImage", "OldImage") if part in change)
        return record | {"eventID": uuid.uuid4().hex}

    dynamodb._build_change_record = built


def leave_memory_out() -> None:
    """Takes out of REPORT lines the memory that nobody has measured."""
    append = known(cloudwatch_logs, "_append_log_events")

    def appended(stream: dict[str, Any], events: list[dict[str, Any]]) -> None:
        append(stream, [event | {"message": _MEMORY.sub(r"\1", event["message"])} for event in events])

    cloudwatch_logs._append_log_events = appended


def _given_id(headers: dict[str, str]) -> str | None:
    text = next((value for name, value in headers.items() if name.lower() == "x-amz-client-context"), None)
    if not text:
        return None
    try:
        return str(json.loads(base64.b64decode(text))["custom"]["request_id"])
    except (ValueError, KeyError, TypeError):
        return None
