"""Injects a round-trip time: each byte of either direction arrives half of it later, in order, at full throughput.

It is a separate process on the node's core. A thread for each direction of a connection sleeps the time.
"""

import contextlib
import multiprocessing
import os
import queue
import socket
import threading
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from urllib.parse import urlsplit

BLOCK = 1 << 18


@contextlib.contextmanager
def delayed(url: str, round_trip_seconds: float, core: int) -> Iterator[str]:
    """Starts a proxy to a server. Gives its URL."""
    ours, theirs = multiprocessing.Pipe()
    arguments = (urlsplit(url).port, round_trip_seconds / 2, core, theirs)
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=arguments, daemon=True)
    process.start()
    try:
        if not ours.poll(30):
            raise TimeoutError("The delay proxy did not start in 30 s.")
        yield f"http://127.0.0.1:{ours.recv()}"
    finally:
        process.terminate()
        process.join()


def _serve(port: int, delay_seconds: float, core: int, started: Connection) -> None:
    os.sched_setaffinity(0, [core])
    with socket.create_server(("127.0.0.1", 0)) as server:
        started.send(server.getsockname()[1])
        while True:
            client, _ = server.accept()
            node = socket.create_connection(("127.0.0.1", port))
            for source, sink in ((client, node), (node, client)):
                sink.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                line: queue.SimpleQueue[tuple[float, bytes]] = queue.SimpleQueue()
                for work in ((_receive, source), (_send, sink)):
                    threading.Thread(target=work[0], args=(work[1], line, delay_seconds), daemon=True).start()


def _receive(source: socket.socket, line: "queue.SimpleQueue[tuple[float, bytes]]", delay_seconds: float) -> None:
    data = b"-"
    while data:
        try:
            data = source.recv(BLOCK)
        except OSError:
            data = b""
        line.put((time.monotonic() + delay_seconds, data))


def _send(sink: socket.socket, line: "queue.SimpleQueue[tuple[float, bytes]]", _delay_seconds: float) -> None:
    while True:
        due, data = line.get()
        pause = due - time.monotonic()
        if pause > 0:
            time.sleep(pause)
        if not data:
            with contextlib.suppress(OSError):
                sink.shutdown(socket.SHUT_WR)
            return
        try:
            sink.sendall(data)
        except OSError:
            return
