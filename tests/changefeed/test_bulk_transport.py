"""One HTTP request on the loopback, and what becomes of those that fail."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest

from changefeed.errors import BulkRequestError
from changefeed.write.bulk_transport import BulkTransport
from lambda_kit.errors import SettingsError


class Recorder(BaseHTTPRequestHandler):
    """Answers as its class says, and keeps the request."""

    protocol_version = "HTTP/1.1"
    seen: dict[str, Any]
    cut_off = False
    hangs_up = False
    callers: ClassVar[list[Any]] = []
    on_request: Callable[[], None] = staticmethod(lambda: None)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        type(self).seen = {"path": self.path, "headers": dict(self.headers), "body": body}
        self.callers.append(self.client_address)
        self.on_request()
        self.close_connection = self.hangs_up
        self.send_response(200)
        self.send_header("Content-Length", "100" if self.cut_off else "2")
        self.end_headers()
        with contextlib.suppress(BrokenPipeError):  # a caller that waited for long enough
            self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    Recorder.cut_off = Recorder.hangs_up = False
    Recorder.callers.clear()
    Recorder.on_request = staticmethod(lambda: None)
    with ThreadingHTTPServer(("127.0.0.1", 0), Recorder) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def transport(server: HTTPServer) -> BulkTransport:
    return BulkTransport(endpoint=f"http://127.0.0.1:{server.server_port}/", index="lab-table/x", region="eu-west-1")


def test_a_body_is_posted_whole_and_uncompressed_to_the_index(server: HTTPServer) -> None:
    assert transport(server)(b"a\n" * 10, 5.0) == (200, b"{}")
    assert Recorder.seen["path"] == "/lab-table%2Fx/_bulk"
    assert Recorder.seen["body"] == b"a\n" * 10
    assert Recorder.seen["headers"]["Content-Type"] == "application/x-ndjson"
    assert "Content-Encoding" not in Recorder.seen["headers"]


def test_an_answer_that_is_cut_off_is_no_answer(server: HTTPServer) -> None:
    Recorder.cut_off = True
    with pytest.raises(BulkRequestError):
        transport(server)(b"{}\n", 0.5)


def test_requests_share_one_connection(server: HTTPServer) -> None:
    send = transport(server)
    for _ in range(3):
        send(b"{}\n", 5.0)
    assert len(Recorder.callers) == 3
    assert len(set(Recorder.callers)) == 1


def test_threads_that_share_it_have_their_own_answers(server: HTTPServer) -> None:
    send = transport(server)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: send(b"{}\n", 5.0), range(20)))
    assert answers == [(200, b"{}")] * 20


def test_a_connection_that_was_closed_meanwhile_is_opened_again(server: HTTPServer) -> None:
    send = transport(server)
    Recorder.hangs_up = True  # without saying so in its answer, like a server whose idle time is over
    for _ in range(3):
        assert send(b"{}\n", 5.0) == (200, b"{}")
        time.sleep(0.05)
    assert len(set(Recorder.callers)) == 3


def test_after_an_answer_that_failed_the_next_request_has_a_connection_of_its_own(server: HTTPServer) -> None:
    send = transport(server)
    Recorder.cut_off = Recorder.hangs_up = True
    with pytest.raises(BulkRequestError):
        send(b"{}\n", 5.0)
    Recorder.cut_off = Recorder.hangs_up = False
    assert send(b"{}\n", 5.0) == (200, b"{}")


def test_what_is_posted_is_with_the_server_before_anybody_waits_for_its_answer(server: HTTPServer) -> None:
    arrived, asked = threading.Event(), threading.Event()

    def on_request() -> None:
        arrived.set()
        assert asked.wait(5)

    Recorder.on_request = staticmethod(on_request)
    answer = transport(server).post(b"{}\n", 5.0)
    assert arrived.wait(5)
    asked.set()
    assert answer(5.0) == (200, b"{}")


def test_requests_in_flight_together_have_a_connection_each_and_both_are_kept(server: HTTPServer) -> None:
    send = transport(server)
    for _ in range(3):
        first, second = send.post(b"{}\n", 5.0), send.post(b"{}\n", 5.0)
        assert second(5.0) == first(5.0) == (200, b"{}")
    assert len(set(Recorder.callers)) == 2


def test_a_connection_whose_answer_nobody_took_is_not_used_again(server: HTTPServer) -> None:
    send = transport(server)
    send.post(b"{}\n", 5.0)
    assert send(b"{}\n", 5.0) == (200, b"{}")
    assert len(set(Recorder.callers)) == 2


def test_what_can_not_be_sent_is_told_by_the_answer() -> None:
    answer = BulkTransport(endpoint="http://127.0.0.1:9", index="i", region="eu-west-1").post(b"{}\n", 1.0)
    with pytest.raises(BulkRequestError, match="ConnectionRefusedError"):
        answer(1.0)


def test_an_answer_is_waited_for_as_long_as_its_asker_says(server: HTTPServer) -> None:
    Recorder.on_request = staticmethod(lambda: time.sleep(0.5))
    answer = transport(server).post(b"{}\n", 60.0)
    with pytest.raises(BulkRequestError, match="TimeoutError"):
        answer(0.1)


def test_a_server_that_is_silent_for_too_long_is_no_answer(server: HTTPServer) -> None:
    Recorder.on_request = staticmethod(lambda: time.sleep(0.5))
    with pytest.raises(BulkRequestError, match="TimeoutError"):
        transport(server)(b"{}\n", 0.1)


def test_a_refused_connection_is_a_bulk_request_error_without_the_body(server: HTTPServer) -> None:
    dead = BulkTransport(endpoint="http://127.0.0.1:9", index="i", region="eu-west-1")
    with pytest.raises(BulkRequestError, match="ConnectionRefusedError") as error:
        dead(b"secret\n", 1.0)
    assert "secret" not in str(error.value)


def test_plain_http_off_the_loopback_is_refused() -> None:
    with pytest.raises(SettingsError):
        BulkTransport(endpoint="http://search.example.com", index="i", region="eu-west-1")
