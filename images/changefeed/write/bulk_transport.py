"""Sends bulk bodies over HTTP: kept connections, signed where the endpoint is a serverless collection.

It speaks HTTP by the standard library: no client library lets go between sending a request and waiting for its
answer, which is when the next one is made ready, and maybe sent. Nothing is retried here: `bulk_writer` is the only
retry layer. Bodies go uncompressed: serverless collections are reported to refuse compressed, signed ones. No proxy or
netrc of the environment changes where documents go.
"""

import select
from collections import deque
from collections.abc import Callable
from functools import partial
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import NoReturn
from urllib.parse import quote, urlsplit

from changefeed.errors import BulkRequestError
from changefeed.write.bulk_post import Answer
from lambda_kit.signing import request_signer

CONNECT_TIMEOUT_SECONDS = 3.0


class BulkTransport:
    """A callable `(body, timeout_seconds) -> (status, answer)` for one index, and `post`, which doesn't wait."""

    def __init__(self, *, endpoint: str, index: str, region: str) -> None:
        parts = urlsplit(endpoint)
        self._path = f"{parts.path.rstrip('/')}/{quote(index, safe='')}/_bulk"
        self._sign = request_signer(endpoint, region)
        self._connect = partial(_connection, parts.scheme, parts.hostname or "", parts.port)
        self._idle: deque[HTTPConnection] = deque()

    def __call__(self, body: bytes, timeout_seconds: float) -> tuple[int, bytes]:
        """Send once and wait. Raises BulkRequestError without an answer: it may have been applied all the same."""
        return self.post(body, timeout_seconds)(timeout_seconds)

    def post(self, body: bytes, timeout_seconds: float) -> Answer:
        """Sends once, on a connection that nothing else uses meanwhile. The answer raises what goes wrong."""
        try:
            connection = self._idle.pop()  # to look first whether there is one would let two threads race for the last
        except IndexError:
            connection = self._connect()
        try:
            _open(connection, timeout_seconds)
            headers = {"Content-Type": "application/x-ndjson", **self._sign(self._path, body)}
            connection.request("POST", self._path, body, headers)
        except (OSError, HTTPException) as error:
            connection.close()
            return partial(_no_answer, error)
        return _Posted(connection, self._keep)

    def _keep(self, connection: HTTPConnection) -> None:
        self._idle.append(connection)

    def __del__(self) -> None:
        for connection in getattr(self, "_idle", ()):  # not where the endpoint was refused
            connection.close()


class _Posted:
    """The answer to a request; its connection is kept once it was read, and closed if nobody ever waits for it."""

    def __init__(self, connection: HTTPConnection, keep: Callable[[HTTPConnection], object]) -> None:
        self._connection: HTTPConnection | None = connection
        self._keep = keep

    def __call__(self, timeout_seconds: float) -> tuple[int, bytes]:
        connection, self._connection = self._connection, None
        assert connection is not None, "an answer comes once"
        try:
            connection.sock.settimeout(timeout_seconds)
            answer = connection.getresponse()
            status, body = answer.status, answer.read()
        except (OSError, HTTPException) as error:
            connection.close()
            _no_answer(error, timeout_seconds)
        self._keep(connection)
        return status, body

    def __del__(self) -> None:
        if self._connection is not None:
            self._connection.close()


def _no_answer(error: Exception, _timeout_seconds: float) -> NoReturn:
    raise BulkRequestError(f"No answer to a bulk request: {type(error).__name__}.") from error


def _open(connection: HTTPConnection, timeout_seconds: float) -> None:
    """Connect, unless the last connection is still good, and limit how long it may be silent."""
    if connection.sock is not None and select.select([connection.sock], [], [], 0)[0]:
        connection.close()  # nobody sends unasked: it was closed while the container was frozen
    if connection.sock is None:
        connection.timeout = min(CONNECT_TIMEOUT_SECONDS, timeout_seconds)
        connection.connect()
    connection.sock.settimeout(timeout_seconds)


def _connection(scheme: str, host: str, port: int | None) -> HTTPConnection:
    if scheme == "http":
        return HTTPConnection(host, port)
    import ssl  # only a collection's endpoint pays for these

    import certifi

    return HTTPSConnection(host, port, context=ssl.create_default_context(cafile=certifi.where()))
