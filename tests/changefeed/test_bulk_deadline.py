"""A request's time is its time: no peer that is slow in small steps makes it longer, and no dead connection is used."""

import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from changefeed.errors import BulkRequestError
from changefeed.write.bulk_socket import BulkSocket
from changefeed.write.bulk_transport import GREATEST_IDLE_SECONDS, BulkTransport

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n"
STEP_SECONDS = 0.05

Peer = Callable[[socket.socket], None]


@contextmanager
def peer(serve: Peer) -> Iterator[str]:
    """A server that does as `serve` says with each connection; gives its URL."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            with suppress(OSError):
                while True:
                    threading.Thread(target=work, args=(server.accept()[0],), daemon=True).start()

        def work(connection: socket.socket) -> None:
            with connection, suppress(OSError):
                serve(connection)

        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)


def read_request(connection: socket.socket) -> bool:
    """Reads a short request, head and body; False when there is none."""
    read = b"begun"
    got = b""
    while not got.endswith(b"{}\n\n") and read:
        read = connection.recv(65_536)
        got += read
    return bool(read)


def drip(connection: socket.socket, answer: bytes) -> None:
    for byte in answer:
        connection.sendall(bytes([byte]))
        time.sleep(STEP_SECONDS)


def transport(url: str, clock: Callable[[], float] = time.time) -> BulkTransport:
    return BulkTransport(endpoint=url, index="i", region="eu-west-1", clock=clock)


@pytest.mark.parametrize("fast", [b"", HEAD % 500], ids=["head", "body"])
def test_an_answer_that_drips_ends_with_the_requests_time(fast: bytes) -> None:
    def serve(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(fast)
        drip(connection, (HEAD % 500 + b" " * 500)[len(fast) :])

    with peer(serve) as url:
        started = time.monotonic()
        with pytest.raises(BulkRequestError, match="TimeoutError"):
            transport(url)(b"{}\n\n", 0.4)
        assert 0.35 < time.monotonic() - started < 3


def test_what_sending_took_is_not_there_for_the_answer() -> None:
    body = b" " * 30_000_000

    def serve(connection: socket.socket) -> None:
        time.sleep(0.5)
        left = len(body)
        while left > 0:
            left -= len(connection.recv(1_000_000))
        time.sleep(0.4)
        connection.sendall(HEAD % 2 + b"{}")

    with peer(serve) as url:
        started = time.monotonic()
        with pytest.raises(BulkRequestError, match="TimeoutError"):
            transport(url)(body, 0.75)
        assert time.monotonic() - started < 3
        assert transport(url)(body, 10.0) == (200, b"{}")


def test_a_peer_that_takes_nothing_ends_with_the_requests_time() -> None:
    with peer(lambda _: time.sleep(2)) as url:
        started = time.monotonic()
        with pytest.raises(BulkRequestError, match="TimeoutError"):
            transport(url)(b" " * 30_000_000, 0.3)
        assert time.monotonic() - started < 3


def test_a_host_that_does_not_answer_ends_with_the_requests_time() -> None:
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for waiting in (first, second):  # these fill its queue, so that Linux answers no third one
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        started = time.monotonic()
        with pytest.raises(TimeoutError):
            BulkSocket("127.0.0.1", full.getsockname()[1], None, 0.3)
        assert 0.25 < time.monotonic() - started < 3


def test_time_between_request_and_answer_does_not_count() -> None:
    def serve(connection: socket.socket) -> None:
        read_request(connection)
        time.sleep(0.8)
        connection.sendall(HEAD % 2 + b"{}")

    with peer(serve) as url:
        answer = transport(url).post(b"{}\n\n", 0.5)
        time.sleep(0.6)
        assert answer(0.5) == (200, b"{}")


def test_a_tls_answer_that_drips_ends_with_the_requests_time(tmp_path: Path) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs openssl to make a certificate")
    certificate, key = tmp_path / "certificate", tmp_path / "key"
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", *names, "-keyout", key, "-out", certificate],
        check=True,
        capture_output=True,
    )
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(certificate, key)

    def serve(connection: socket.socket) -> None:
        with server_side.wrap_socket(connection, server_side=True) as secure:
            read_request(secure)
            drip(secure, HEAD % 500 + b" " * 500)

    with peer(serve) as url:
        tls = ssl.create_default_context(cafile=str(certificate))
        started = time.monotonic()
        secure = BulkSocket("localhost", int(url.rsplit(":", 1)[1]), tls, 0.5)
        secure.sendall(b"{}\n\n")
        with secure.makefile("rb") as answer, pytest.raises(TimeoutError):
            answer.read()
        secure.close()
        assert 0.45 < time.monotonic() - started < 3


def forgetful(answers: list[int]) -> Peer:
    """A peer that answers once a connection and never again, as when a NAT gateway has forgotten it."""

    def serve(connection: socket.socket) -> None:
        read_request(connection)
        answers.append(connection.getpeername()[1])
        connection.sendall(HEAD % 2 + b"{}")
        while connection.recv(65_536):
            pass

    return serve


@pytest.mark.parametrize("seconds", [GREATEST_IDLE_SECONDS + 1, -GREATEST_IDLE_SECONDS - 1])
def test_a_connection_that_was_idle_for_too_long_is_not_used_again(seconds: float) -> None:
    now, answers = [1_000.0], list[int]()
    with peer(forgetful(answers)) as url:
        send = transport(url, lambda: now[0])
        assert send(b"{}\n\n", 1.0) == (200, b"{}")
        now[0] += seconds
        assert send(b"{}\n\n", 1.0) == (200, b"{}")
    assert len(set(answers)) == 2


def test_all_connections_that_were_idle_for_too_long_are_closed() -> None:
    now, ended = [1_000.0], list[int]()

    def serve(connection: socket.socket) -> None:
        while read_request(connection):
            connection.sendall(HEAD % 2 + b"{}")
        ended.append(1)

    with peer(serve) as url:
        send = transport(url, lambda: now[0])
        for answer in [send.post(b"{}\n\n", 1.0) for _ in range(3)]:
            answer(1.0)
        now[0] += GREATEST_IDLE_SECONDS - 1
        send(b"{}\n\n", 1.0)
        assert ended == []
        now[0] += GREATEST_IDLE_SECONDS + 1
        send(b"{}\n\n", 1.0)
        deadline = time.monotonic() + 2
        while len(ended) < 3 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert len(ended) == 3
