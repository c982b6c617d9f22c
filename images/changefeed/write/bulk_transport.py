"""Sends bulk bodies over HTTP: kept connections, signed where the endpoint is a serverless collection.

It speaks HTTP by the standard library: no client library lets go between sending a request and waiting for its
answer, which is when the next one is made ready, and maybe sent. Nothing is retried here: `bulk_writer` is the only
retry layer. Bodies go uncompressed: serverless collections are reported to refuse compressed, signed ones. No proxy or
netrc of the environment changes where documents go.
"""

import time
from collections import deque
from collections.abc import Callable
from functools import partial
from http.client import HTTPException
from typing import Literal, NoReturn
from urllib.parse import quote, urlsplit

from changefeed.errors import BulkRequestError
from changefeed.write.bulk_connection import BulkConnection
from changefeed.write.bulk_post import Answer
from lambda_kit.signing import request_signer

GREATEST_IDLE_SECONDS = 50.0
"""A connection that was idle for longer isn't used again. Load balancers close theirs after 60 s; they, firewalls and
NAT gateways forget one after 350 s (Elastic Load Balancing and Network Firewall guides), maybe without a word to a
container that was frozen meanwhile. Its next request would wait for all of its time, a new connection some
milliseconds."""


class BulkTransport:
    """A callable `(body, timeout_seconds) -> (status, answer)` for one index, and `post`, which doesn't wait."""

    def __init__(
        self,
        *,
        endpoint: str,
        index: str,
        region: str,
        operation: Literal["_bulk", "_mget"] = "_bulk",
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`clock` gives the time of day in seconds: a machine's own stopwatch may stand still while it is frozen."""
        self._path = f"{urlsplit(endpoint).path.rstrip('/')}/{quote(index, safe='')}/{operation}"
        self._content_type = "application/x-ndjson" if operation == "_bulk" else "application/json"
        self._sign = request_signer(endpoint, region)
        self._connect = partial(BulkConnection, endpoint)
        self._clock = clock
        self._idle: deque[tuple[float, BulkConnection]] = deque()

    def __call__(self, body: bytes, timeout_seconds: float) -> tuple[int, bytes]:
        """Send once and wait. Raises BulkRequestError without an answer: it may have been applied all the same."""
        return self.post(body, timeout_seconds)(timeout_seconds)

    def post(self, body: bytes, timeout_seconds: float) -> Answer:
        """Sends once, on a connection that nothing else uses meanwhile. The answer raises what goes wrong.

        All that is waited for, here and in the answer, ends within the time; what happens in between doesn't count.
        """
        headers = {"Content-Type": self._content_type, **self._sign(self._path, body)}
        connection = self._kept() or self._connect()
        try:
            connection.send(self._path, body, headers, timeout_seconds)
        except (OSError, HTTPException) as error:
            connection.close()
            return partial(_no_answer, error)
        return _Posted(connection, self._keep)

    def _kept(self) -> BulkConnection | None:
        """Takes the connection that was used last, unless it was idle for too long: then all of them were."""
        while True:
            try:
                since, connection = self._idle.pop()  # to look first whether there is one would let threads race
            except IndexError:
                return None
            if abs(self._clock() - since) < GREATEST_IDLE_SECONDS:
                return connection
            connection.close()

    def _keep(self, connection: BulkConnection) -> None:
        self._idle.append((self._clock(), connection))

    def __del__(self) -> None:
        for _, connection in getattr(self, "_idle", ()):  # not where the endpoint was refused
            connection.close()


class _Posted:
    """The answer to a request; its connection is kept once it was read, and closed if nobody ever waits for it."""

    def __init__(self, connection: BulkConnection, keep: Callable[[BulkConnection], object]) -> None:
        self._connection: BulkConnection | None = connection
        self._keep = keep

    def __call__(self, timeout_seconds: float) -> tuple[int, bytes]:
        connection, self._connection = self._connection, None
        assert connection is not None, "an answer comes once"
        try:
            answer = connection.receive(timeout_seconds)
        except (OSError, HTTPException) as error:
            connection.close()
            _no_answer(error, timeout_seconds)
        self._keep(connection)
        return answer

    def __del__(self) -> None:
        if self._connection is not None:
            self._connection.close()


def _no_answer(error: Exception, _timeout_seconds: float) -> NoReturn:
    raise BulkRequestError(f"No answer to a bulk request: {type(error).__name__}.") from error
