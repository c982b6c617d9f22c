"""Sends bulk bodies over HTTP: one kept connection, signed where the endpoint is a serverless collection.

It speaks HTTP itself because importing opensearch-py costs a cold start about 130 ms and this path needs one call.
Nothing is retried here: `bulk_writer` is the only retry layer. Bodies go uncompressed: serverless collections are
reported to refuse compressed, signed ones.
"""

from urllib.parse import quote

import requests

from changefeed.errors import BulkRequestError
from changefeed.signing import request_auth

CONNECT_TIMEOUT_SECONDS = 3.0


class BulkTransport:
    """A callable `(body, timeout_seconds) -> (status, answer)` for one index."""

    def __init__(self, *, endpoint: str, index: str, region: str) -> None:
        self._url = f"{endpoint.rstrip('/')}/{quote(index, safe='')}/_bulk"
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy or netrc of the environment changes where documents go
        self._session.headers["Content-Type"] = "application/x-ndjson"
        self._session.auth = request_auth(endpoint, region)

    def __call__(self, body: bytes, timeout_seconds: float) -> tuple[int, bytes]:
        """Send once. Raises BulkRequestError when no complete answer came: it may have been applied all the same."""
        try:
            answer = self._session.post(
                self._url, data=body, timeout=(min(CONNECT_TIMEOUT_SECONDS, timeout_seconds), timeout_seconds)
            )
        except requests.RequestException as error:
            raise BulkRequestError(f"No answer to a bulk request: {type(error).__name__}.") from error
        return answer.status_code, answer.content
