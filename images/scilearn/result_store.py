"""Results in S3: `<prefix><request id>/result.json` and `plot-<name>.png`. The same request writes the same keys with
the same bytes, so writing twice does no harm. A result of at most 16 KB is also given inline, for the status answer.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from scilearn.aws_errors import error_code
from scilearn.errors import TransientError

MAX_INLINE_BYTES = 16 * 1024


@dataclass(frozen=True, kw_only=True)
class ResultStore:
    """`client` gives a boto3 S3 client."""

    bucket: str
    prefix: str
    client: Callable[[], Any]

    def put(self, request_id: str, result: dict[str, Any], plots: Mapping[str, bytes]) -> dict[str, Any]:
        """Store all of it, the result last. Gives `{"bucket", "keys", "inline"}`; raises TransientError."""
        body = orjson.dumps(result, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS | orjson.OPT_INDENT_2)
        start = f"{self.prefix}{request_id}/"
        files = {f"plot-{name}.png": (content, "image/png") for name, content in plots.items()}
        files["result.json"] = (body, "application/json")
        for name, (content, content_type) in files.items():
            self._put(start + name, content, content_type)
        stored: dict[str, Any] = {"bucket": self.bucket, "keys": [start + name for name in reversed(files)]}
        return stored | ({"inline": orjson.loads(body)} if len(body) <= MAX_INLINE_BYTES else {})

    def _put(self, key: str, content: bytes, content_type: str) -> None:
        try:
            self.client().put_object(Bucket=self.bucket, Key=key, Body=content, ContentType=content_type)
        except Exception as error:
            text = f"The result could not be stored ({error_code(error)})."
            raise TransientError("result_not_stored", text) from None
