"""Describes what a service behind a queue offers by the API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi

from infra.base.operation import Operation

LARGEST_REQUEST_BYTES = 98_304
"""Of a message: an SNS destination takes 256 KB, and what Lambda reports to it holds the request as escaped text."""


@dataclass(frozen=True, kw_only=True)
class QueueRoutes:
    """`POST /path` sends to a queue, `GET /path/{id}` asks for the status.

    `what` and `status` describe the two; the schema is JSON Schema draft 4. The sender's role may send to the queue.
    The status function answers everything that is not the POST.
    """

    path: str
    what: str
    model: str
    schema: Mapping[str, Any]
    status: Operation
    queue_arn: pulumi.Output[str]
    sender_role_arn: pulumi.Output[str]
    status_function_name: pulumi.Output[str]
    status_invoke_arn: pulumi.Output[str]
