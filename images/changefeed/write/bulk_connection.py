"""Sends a request on one connection and gives its answer later; all that is waited for ends by one deadline."""

import select
from functools import cache
from http.client import HTTPConnection, HTTPSConnection
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from changefeed.write.bulk_socket import BulkSocket

if TYPE_CHECKING:
    from socket import socket
    from ssl import SSLContext


class BulkConnection:
    """Opened with its first request, and again when the other side has closed it. Raises OSError and HTTPException."""

    def __init__(self, endpoint: str) -> None:
        parts = urlsplit(endpoint)
        self._tls = _tls() if parts.scheme == "https" else None
        host, port = parts.hostname or "", parts.port
        self._http = HTTPSConnection(host, port, context=self._tls) if self._tls else HTTPConnection(host, port)
        self._socket: BulkSocket | None = None

    def send(self, path: str, body: bytes, headers: dict[str, str], seconds: float) -> None:
        """Sends a POST. What is waited for here and in `receive` ends within the seconds."""
        if self._socket is not None and (self._http.sock is None or select.select([self._socket], [], [], 0)[0]):
            self.close()  # nobody sends unasked: it was closed after its answer, or while the container was frozen
        if self._socket is None:
            self._socket = BulkSocket(self._http.host, self._http.port, self._tls, seconds)
            self._http.sock = cast("socket", self._socket)  # it has what http.client uses of one
        else:
            self._socket.end_in(seconds)
        self._http.request("POST", path, body, headers)
        self._seconds_left = self._socket.seconds_left()

    def receive(self, seconds: float) -> tuple[int, bytes]:
        """Gives status and body of the answer, within the seconds at most."""
        assert self._socket is not None, "an answer follows a request"
        self._socket.end_in(min(seconds, self._seconds_left))
        answer = self._http.getresponse()
        return answer.status, answer.read()

    def close(self) -> None:
        """Closes it; the next request opens a new one."""
        self._http.close()
        self._socket = None


@cache
def _tls() -> "SSLContext":
    import ssl  # only a collection's endpoint pays for these

    import certifi

    return ssl.create_default_context(cafile=certifi.where())
