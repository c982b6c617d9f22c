"""Bounds all that a request waits for by one deadline: connecting, sending, and every read of its answer.

A socket's own time-out bounds each read alone: an answer that comes byte by byte would be waited for without end. Only
looking up the host's name isn't bounded: the resolver has its own limits.
"""

import io
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from ssl import SSLContext

CONNECT_TIMEOUT_SECONDS = 3.0
"""For each of the host's addresses, within the deadline."""


class BulkSocket:
    """What `http.client` needs of a socket, by the last `end_in`: after that time, whatever would wait raises."""

    def __init__(self, host: str, port: int, tls: "SSLContext | None", seconds: float) -> None:
        """Connects to the first of the host's addresses that answers. Raises OSError when none does in time."""
        self.end_in(seconds)
        self._socket = self._connected(host, port, tls)

    def end_in(self, seconds: float) -> None:
        """Sets the deadline."""
        self._ends_at = time.monotonic() + seconds

    def seconds_left(self) -> float:
        """Says how long may be waited. Raises TimeoutError when that is over."""
        seconds = self._ends_at - time.monotonic()
        if seconds <= 0:
            raise TimeoutError("timed out")
        return seconds

    def sendall(self, data: bytes) -> None:
        """Sends everything."""
        self._socket.settimeout(self.seconds_left())
        self._socket.sendall(data)

    def makefile(self, mode: Literal["rb"]) -> io.BufferedReader:
        """Makes a reader of one answer. Like a socket's, it reads on when this is closed before it."""
        return io.BufferedReader(_Reader(self._socket.makefile(mode, buffering=0), self._limit_read))

    def fileno(self) -> int:
        """Gives the descriptor, for `select`."""
        return self._socket.fileno()

    def close(self) -> None:
        """Closes the connection."""
        self._socket.close()

    def _limit_read(self) -> None:
        self._socket.settimeout(self.seconds_left())

    def _connected(self, host: str, port: int, tls: "SSLContext | None") -> socket.socket:
        failure: OSError = OSError("the host has no address")
        for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            with ExitStack() as undo:
                try:
                    connection = undo.enter_context(socket.socket(family, kind, protocol))
                    connection.settimeout(min(CONNECT_TIMEOUT_SECONDS, self.seconds_left()))
                    connection.connect(address)
                    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    if tls is not None:
                        connection.settimeout(self.seconds_left())
                        connection = undo.enter_context(tls.wrap_socket(connection, server_hostname=host))
                except OSError as error:
                    failure = error
                else:
                    undo.pop_all()
                    return connection
        raise failure


class _Reader(io.RawIOBase):
    """Reads from a socket's file, each time within what is left then."""

    def __init__(self, file: Any, limit: Callable[[], None]) -> None:
        self._file = file
        self._limit = limit

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._limit()
        read: int | None = self._file.readinto(buffer)
        return read

    def close(self) -> None:
        self._file.close()
        super().close()
