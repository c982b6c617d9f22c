"""What the status table knows of one request, and its shape there.

Each number and text is an attribute, `reason`, `result` and `usage` are JSON texts. `version` rises with every
write and guards the next one; `expires_at` is the table's TTL attribute, in seconds since 1970.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

import orjson

State = Literal["running", "waiting", "succeeded", "failed"]
SETTLED = frozenset({"succeeded", "failed"})


@dataclass(frozen=True, kw_only=True)
class StatusRecord:
    """One request. `waiting` is between a transient failure and Lambda's next try.

    `lease_until` is when the invocation `claimed_by` has surely ended, in seconds since 1970; `tries` counts this
    invocation's. `result` is `{"bucket", "keys", "inline" (small results only)}`.
    """

    request_id: str
    state: State
    version: int
    resend: int
    claimed_by: str
    token: str
    tries: int
    lease_until: int
    accepted_at_milliseconds: int
    started_at_milliseconds: int
    settled_at_milliseconds: int | None = None
    expires_at: int
    analysis: str | None = None
    reason: dict[str, str] | None = None
    result: dict[str, Any] | None = None
    usage: dict[str, Any] | None = None

    def to_item(self) -> dict[str, Any]:
        """Gives the item in DynamoDB JSON; absent values are left out."""
        item: dict[str, Any] = {}
        for name, value in vars(self).items():
            if isinstance(value, int):
                item[name] = {"N": str(value)}
            elif isinstance(value, str):
                item[name] = {"S": value}
            elif value is not None:
                item[name] = {"S": orjson.dumps(value).decode()}
        return item

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> "StatusRecord":
        """Reads what `to_item` wrote."""
        values: dict[str, Any] = {}
        for name, typed in item.items():
            if "N" in typed:
                values[name] = int(typed["N"])
            else:
                values[name] = orjson.loads(typed["S"]) if name in ("reason", "result", "usage") else typed["S"]
        known = cls.__dataclass_fields__
        return cls(**cast(Any, {name: value for name, value in values.items() if name in known}))
