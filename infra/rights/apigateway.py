"""Rights on the REST API, for callers and for those who may read its key.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-control-access-using-iam-policies-to-invoke-api.html
"""

from __future__ import annotations

from collections.abc import Sequence

from infra.rights.documents import Statement, allow
from infra.rights.dynamodb import SMOKE_PREFIX


def call_as_smoke_test(stage_arn: str, queue_paths: Sequence[str]) -> Statement:
    """Lets `ops smoke` create an item, change and delete those of its own, search, and ask a service behind a queue.

    `stage_arn` is the API's execution ARN and its stage: `arn:aws:execute-api:REGION:ACCOUNT:API/STAGE`.
    """
    # All methods of its own items in one line: a managed policy has room for 6,144 characters.
    paths = ["POST/items", f"*/items/{SMOKE_PREFIX}*", "GET/search"]
    for path in queue_paths:
        paths += [f"POST/{path}", f"GET/{path}/*"]
    return allow(["execute-api:Invoke"], [f"{stage_arn}/{path}" for path in paths])


def read_key(key_arn: str) -> Statement:
    """Lets `ops smoke` read the value of the API's one key."""
    return allow(["apigateway:GET"], key_arn)
