"""Looks up what our additions wrap in MiniStack, whose version is pinned exactly: another one ends at once."""

import inspect
import sys
from collections.abc import Callable
from typing import Any

PARAMETERS: dict[str, tuple[str, ...]] = {
    "_append_log_events": ("stream", "events"),
    "_build_change_record": ("table", "event_name", "old_item", "new_item", "view_type"),
    "_dispatch": ("action", "data"),
    "_emit_lambda_logs": ("func", "request_id"),
    "_execute_function_dispatch": ("func", "config", "event", "request_id", "started"),
    "_invoke": ("name", "event", "headers", "path_qualifier", "query_params"),
    "_invoke_lambda_proxy_v1": ("integration", "api_id", "stage_name", "stage", "resource", "request_path", "method"),
    "_invoke_sqs_v1": ("integration", "api_id", "stage_name"),
    "_render_request_template_v1": ("template", "body_str", "params_map", "context"),
    "_item_size_bytes": ("item",),
    "_vtl_set": ("inner", "st"),
    "_vtl_value": ("expr", "st"),
    "access_denied_response": ("service", "action", "principal_arn"),
    "evaluate_trust_policy": ("trust_doc", "caller_arn", "ctx"),
    "extract_iam_action": ("service", "method", "path", "headers", "body", "query_params"),
    "extract_resource_arn": ("service", "method", "path", "headers", "body", "query_params"),
    "pin_request_caller": ("headers",),
    "pin_request_origin": ("source_ip", "secure_transport"),
}
"""The first parameters of each function."""


def known(module: Any, name: str) -> Callable[..., Any]:
    """Returns a module's function. Ends the program when it isn't there or begins with other parameters."""
    function, expected = getattr(module, name, None), PARAMETERS[name]
    if function is None or tuple(inspect.signature(function).parameters)[: len(expected)] != expected:
        sys.exit(f"This MiniStack has no {module.__name__}.{name} as it was: look at local/services/ministack_*.py.")
    return function  # type: ignore[no-any-return]
