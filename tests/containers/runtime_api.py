"""Lambda's Runtime API for one function under test: hands over events, takes answers and errors.

The HTTP contract, version 2018-06-01: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html. An answer is
taken once and only for the request that is out, as there; the server decides nothing else.
"""

import json
import queue
import re
import threading
import time
import uuid
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

PREFIX = "/2018-06-01/runtime"
RESULT = re.compile(rf"{PREFIX}/invocation/([^/]+)/(response|error)")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back: a `response` with any JSON, or an `error` or `init_error` with errorType and errorMessage."""

    kind: Literal["response", "error", "init_error"]
    content: Any

    @property
    def error_type(self) -> str | None:
        """The error's type; None of a response."""
        return None if self.kind == "response" else str(self.content["errorType"])


class RuntimeApi:
    """A server on the loopback, on a free port. `polls` counts how often the function has asked for work."""

    def __init__(self, function_name: str) -> None:
        self._arn = f"arn:aws:lambda:us-east-1:000000000000:function:{function_name}"
        self._events: queue.Queue[tuple[str, bytes, float]] = queue.Queue()
        self._answers: queue.Queue[Answer] = queue.Queue()
        self._out: str | None = None
        self.polls = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.port: int = self._server.server_port
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def hand_over(self, event: Any, *, timeout_seconds: float) -> str:
        """Let the function have an event; gives the request's id. JSON as Python writes it: ASCII, also odd texts."""
        request_id = str(uuid.uuid4())
        self._out = request_id
        self._events.put((request_id, json.dumps(event).encode(), time.time() + timeout_seconds))
        return request_id

    def answer(self, wait_seconds: float) -> Answer | None:
        """The next answer; None after the time."""
        try:
            return self._answers.get(timeout=wait_seconds)
        except queue.Empty:
            return None

    def close(self) -> None:
        """End the server."""
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                if self.path != f"{PREFIX}/invocation/next":
                    return self._tell(404)
                api.polls += 1
                request_id, body, deadline = api._events.get()
                headers = {
                    "Lambda-Runtime-Aws-Request-Id": request_id,
                    "Lambda-Runtime-Deadline-Ms": str(int(deadline * 1000)),
                    "Lambda-Runtime-Invoked-Function-Arn": api._arn,
                    "Content-Type": "application/json",
                }
                return self._tell(200, body, headers)

            def do_POST(self) -> None:
                content = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if self.path == f"{PREFIX}/init/error":
                    api._answers.put(Answer(kind="init_error", content=content))
                    return self._tell(202)
                result = RESULT.fullmatch(self.path)
                if result is None:
                    return self._tell(404)
                if result[1] != api._out:
                    return self._tell(400)
                api._out = None
                kind: Literal["response", "error"] = "response" if result[2] == "response" else "error"
                api._answers.put(Answer(kind=kind, content=content))
                return self._tell(202)

            def _tell(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
                self.send_response(status)
                for name, value in {**(headers or {}), "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                return

        return Handler
