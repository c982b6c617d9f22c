"""A request's id: `<milliseconds since 1970>-<API Gateway's extended request id>`.

The time in it lets a status be answered for a request that no function has seen yet. The extended id is used because
clients can override `$context.requestId` (API Gateway, "Variables for data transformations"), so that one client could
take the place of another's request.
"""

import re

PATTERN = r"^[0-9]{13}-[A-Za-z0-9_=-]{1,64}$"
_VALID = re.compile(PATTERN)


def is_request_id(value: object) -> bool:
    """Whether a value is an id that the API could have made."""
    return isinstance(value, str) and len(value) <= 78 and _VALID.fullmatch(value) is not None


def accepted_at_milliseconds(request_id: str) -> int:
    """Gives when the API took the request; the id must be valid."""
    return int(request_id[:13])
