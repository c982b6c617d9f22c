"""A table behind DynamoDB's own wire format, for consumers that are processes: BatchGetItem on a `FakeTable`.

A queue that takes second deletes and forgets them stands beside it: SendMessage of SQS's JSON protocol.

POST with the operation in `X-Amz-Target` and JSON both ways, attribute values as in a stream's records (DynamoDB
Developer Guide, "DynamoDB low-level API"). Whatever else is asked gets a refusal, so nothing is parked unseen.
"""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.fakes import FakeTable

TARGET = "DynamoDB_20120810.BatchGetItem"


@contextmanager
def served(table: FakeTable) -> Iterator[str]:
    """The URL under which the table answers, until the context ends. Binary attributes are not served."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, answer = 400, {"__type": "ValidationException", "message": "only BatchGetItem is served"}
            if self.headers["X-Amz-Target"] == TARGET:
                with lock:
                    status, answer = 200, table.batch_get_item(RequestItems=request["RequestItems"])
            elif self.headers["X-Amz-Target"] == "AmazonSQS.SendMessage" and request["QueueUrl"].endswith("/deletes"):
                digest = hashlib.md5(request["MessageBody"].encode(), usedforsecurity=False).hexdigest()
                status, answer = 200, {"MessageId": "1", "MD5OfMessageBody": digest}
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.0")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
