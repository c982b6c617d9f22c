"""Carries TCP connections through Unix sockets in a folder: the only way into and out of a container under test.

Runs on both sides, so it needs nothing but the standard library. In the container's network, which has a loopback and
nothing else: `python3 forwarder.py FOLDER PORT...` takes 127.0.0.1:PORT to FOLDER/PORT. Outside, `open_doors` takes
FOLDER/PORT on to this machine's 127.0.0.1:PORT.
"""

import contextlib
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path

READY = "ready"
Connect = Callable[[], socket.socket]


def open_doors(folder: Path, ports: list[int]) -> list[socket.socket]:
    """Listen at FOLDER/PORT for each port. Close the sockets to end it."""
    return [_serve(_listen_unix(folder / str(port)), lambda port=port: _tcp(port)) for port in ports]  # type: ignore[misc]


def _tcp(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port))


def _unix(path: Path) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(str(path))
    return connection


def _listen_unix(path: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    path.chmod(0o777)  # the container's user is another one
    listener.listen(64)
    return listener


def _serve(listener: socket.socket, connect: Connect) -> socket.socket:
    threading.Thread(target=_accept, args=(listener, connect), daemon=True).start()
    return listener


def _accept(listener: socket.socket, connect: Connect) -> None:
    with contextlib.suppress(OSError):  # closed: the end
        while True:
            here, _ = listener.accept()
            try:
                there = connect()
            except OSError:  # nobody listens there: here it looks the same
                here.close()
                continue
            threading.Thread(target=_carry, args=(here, there), daemon=True).start()


def _carry(here: socket.socket, there: socket.socket) -> None:
    """Both directions, until both have ended."""
    with here, there:
        back = threading.Thread(target=_pump, args=(there, here), daemon=True)
        back.start()
        _pump(here, there)
        back.join()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


def main(folder: Path, ports: list[int]) -> None:
    """The container's side; stays until it is killed."""
    for port in ports:
        _serve(socket.create_server(("127.0.0.1", port)), lambda port=port: _unix(folder / str(port)))  # type: ignore[misc]
    (folder / READY).touch()
    threading.Event().wait()


if __name__ == "__main__":
    main(Path(sys.argv[1]), [int(port) for port in sys.argv[2:]])
