"""One JSON line per thing that happened, for the function's log group. Never an item's content, never an error's
reason (OpenSearch echoes field values in it): types, codes, counts and sequence numbers only."""

import sys
from datetime import UTC, datetime

import orjson


def log(message: str, /, *, level: str = "INFO", **fields: object) -> None:
    """Write one line to standard output, which Lambda sends to the function's log group."""
    line = {"timestamp": datetime.now(UTC).isoformat(timespec="milliseconds"), "level": level, "message": message}
    sys.stdout.write(orjson.dumps(line | fields, default=str).decode() + "\n")
