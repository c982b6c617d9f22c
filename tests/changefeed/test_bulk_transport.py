"""One HTTP request on the loopback, and what becomes of those that fail."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from changefeed.bulk_transport import BulkTransport
from changefeed.errors import BulkRequestError, SettingsError


class Recorder(BaseHTTPRequestHandler):
    """Answers as its class is told, and keeps the request."""

    seen: dict[str, Any]
    cut_off = False

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        type(self).seen = {"path": self.path, "headers": dict(self.headers), "body": body}
        self.send_response(200)
        self.send_header("Content-Length", "100" if self.cut_off else "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    Recorder.cut_off = False
    with HTTPServer(("127.0.0.1", 0), Recorder) as server:
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
        transport(server)(b"{}\n", 5.0)


def test_a_refused_connection_is_a_bulk_request_error_without_the_body(server: HTTPServer) -> None:
    dead = BulkTransport(endpoint="http://127.0.0.1:9", index="i", region="eu-west-1")
    with pytest.raises(BulkRequestError, match="ConnectionError") as error:
        dead(b"secret\n", 1.0)
    assert "secret" not in str(error.value)


def test_plain_http_off_the_loopback_is_refused() -> None:
    with pytest.raises(SettingsError):
        BulkTransport(endpoint="http://search.example.com", index="i", region="eu-west-1")
