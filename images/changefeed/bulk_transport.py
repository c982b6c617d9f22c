"""Sends bulk bodies over HTTP: one kept connection, signed where the endpoint is a serverless collection.

It speaks HTTP by the standard library: no client library has a place between sending a request and waiting for its
answer, which is where the next request is built. Nothing is retried here: `bulk_writer` is the only retry layer. Bodies
go uncompressed: serverless collections are reported to refuse compressed, signed ones. No proxy or netrc of the
environment changes where documents go.
"""

import select
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from threading import Lock
from urllib.parse import quote, urlsplit

from changefeed.errors import BulkRequestError
from changefeed.signing import request_signer

CONNECT_TIMEOUT_SECONDS = 3.0


class BulkTransport:
    """A callable `(body, timeout_seconds) -> (status, answer)` for one index."""

    def __init__(self, *, endpoint: str, index: str, region: str) -> None:
        parts = urlsplit(endpoint)
        self._path = f"{parts.path.rstrip('/')}/{quote(index, safe='')}/_bulk"
        self._sign = request_signer(endpoint, region)
        self._connection = _connection(parts.scheme, parts.hostname or "", parts.port)
        self._work: Callable[[], object] | None = None
        self._alone = Lock()

    def while_waiting(self, work: Callable[[], object]) -> None:
        """Do this once, after the next request was sent and before its answer is read."""
        self._work = work

    def __call__(self, body: bytes, timeout_seconds: float) -> tuple[int, bytes]:
        """Send once. Raises BulkRequestError when no complete answer came: it may have been applied all the same."""
        with self._alone:  # the commands' threads may share it; a connection holds one request
            work, self._work = self._work, None
            try:
                return self._exchange(body, timeout_seconds, work)
            except (OSError, HTTPException) as error:
                self._connection.close()
                raise BulkRequestError(f"No answer to a bulk request: {type(error).__name__}.") from error

    def _exchange(self, body: bytes, timeout_seconds: float, work: Callable[[], object] | None) -> tuple[int, bytes]:
        self._connect(timeout_seconds)
        headers = {"Content-Type": "application/x-ndjson", **self._sign(self._path, body)}
        self._connection.request("POST", self._path, body, headers)
        if work is not None:
            work()
        answer = self._connection.getresponse()
        return answer.status, answer.read()

    def __del__(self) -> None:
        if hasattr(self, "_connection"):  # not where the endpoint was refused
            self._connection.close()

    def _connect(self, timeout_seconds: float) -> None:
        """Open the connection, unless the last one is still good, and limit how long it may be silent."""
        if self._connection.sock is not None and select.select([self._connection.sock], [], [], 0)[0]:
            self._connection.close()  # nobody sends unasked: it was closed while the container was frozen
        if self._connection.sock is None:
            self._connection.timeout = min(CONNECT_TIMEOUT_SECONDS, timeout_seconds)
            self._connection.connect()
        self._connection.sock.settimeout(timeout_seconds)


def _connection(scheme: str, host: str, port: int | None) -> HTTPConnection:
    if scheme == "http":
        return HTTPConnection(host, port)
    import ssl  # only a collection's endpoint pays for these

    import certifi

    return HTTPSConnection(host, port, context=ssl.create_default_context(cafile=certifi.where()))
