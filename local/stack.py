"""The local stack as a whole: MiniStack and the node, the program applied to them, the feeds running.

Only one runs in a directory: it holds a lock for its life, which ends with the process however it ends.
"""

import contextlib
import fcntl
import json
import os
import shutil
import threading
from collections.abc import Callable
from typing import Any, TextIO

import psutil
from botocore.config import Config

from local.aws_client import aws_client
from local.engine import deploy
from local.errors import LocalStackError
from local.feeds import Feeds
from local.layout import ROOT, Layout
from local.ministack import REGION, MiniStack
from local.opensearch_node import TRANSPORT_PORT_DISTANCE, OpenSearchNode
from local.ports import AWS_PORT, OPENSEARCH_PORT, check_free, check_opensearch_port
from local.process import end_tree
from local.resources.creation import Cloud

STATUS_SECONDS = 0.5


class LocalStack:
    """Start it, use its outputs, stop it; as a context manager it leaves no process behind."""

    def __init__(
        self,
        *,
        layout: Layout | None = None,
        aws_port: int = AWS_PORT,
        opensearch_port: int = OPENSEARCH_PORT,
        say: Callable[[str], None] = print,
    ) -> None:
        self.layout = layout or Layout()
        self.outputs: dict[str, Any] = {}
        self._ports = (aws_port, opensearch_port)
        self._say = say
        self._lock: TextIO | None = None
        self._ending = threading.Event()
        self._status_writer = threading.Thread(target=self._write_status, name="status", daemon=True)
        self.feeds: Feeds | None = None
        check_opensearch_port(opensearch_port)
        self.ministack = MiniStack(port=aws_port, directory=self.layout.data / "aws", log_file=self.layout.log("aws"))
        self.node = OpenSearchNode(
            port=opensearch_port, directory=self.layout.data / "search", log_file=self.layout.log("opensearch"), say=say
        )

    def __enter__(self) -> "LocalStack":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start everything from nothing. Raises LocalStackError, with everything ended again, when a part can't."""
        self._take_lock()
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End everything; no process is left."""
        self._ending.set()
        if self._status_writer.is_alive():
            self._status_writer.join()
        if self.feeds is not None:
            self.feeds.stop()
            self.feeds = None
        self.ministack.stop()
        self.node.stop()
        if self._lock is not None:
            self.layout.state_file.unlink(missing_ok=True)
            self.layout.status_file.unlink(missing_ok=True)
            self._lock.close()
            self._lock = None

    def _start(self) -> None:
        aws_port, opensearch_port = self._ports
        check_free(aws_port, what="the embedded AWS", flag="--aws-port")
        for port in (opensearch_port, opensearch_port + TRANSPORT_PORT_DISTANCE):
            check_free(port, what="OpenSearch", flag="--opensearch-port")
        shutil.rmtree(self.layout.data, ignore_errors=True)
        shutil.rmtree(self.layout.log("").parent, ignore_errors=True)
        self._say("Starting OpenSearch and the embedded AWS ...")
        self.node.launch()
        self.ministack.start()
        self._note_state()
        self.node.wait()
        self._say("Applying the program, __main__.py ...")
        cloud = Cloud(
            aws_endpoint_url=self.ministack.endpoint_url, opensearch_url=self.node.url, region=REGION, root=ROOT
        )
        exports = deploy(cloud)
        self.outputs = exports | {"aws_endpoint_url": cloud.aws_endpoint_url, "opensearch_url": cloud.opensearch_url}
        self.feeds = Feeds(cloud, exports["event_source_mappings"], self._make_client)
        self.feeds.start()
        self._status_writer.start()
        self._note_state()

    def _make_client(self, service: str, *, config: Config | None = None) -> Any:
        return aws_client(self.ministack.endpoint_url, REGION, service, config=config)

    def _take_lock(self) -> None:
        self.layout.directory.mkdir(parents=True, exist_ok=True)
        lock = self.layout.lock_file.open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            raise LocalStackError(
                "A local stack runs already. Use it (python -m local status), or end it: python -m local down."
            ) from None
        end_leftovers(self.layout)
        self._lock = lock

    def _note_state(self) -> None:
        children = [self.ministack.process.pid, self.node.process.pid if self.node.process else None]
        state = {
            "ready": bool(self.outputs),
            "process": _identity(os.getpid()),
            "children": [_identity(pid) for pid in children if pid],
            "outputs": self.outputs,
        }
        _write_json(self.layout.state_file, state)

    def _write_status(self) -> None:
        while not self._ending.wait(STATUS_SECONDS):
            if self.feeds is not None:
                _write_json(self.layout.status_file, self.feeds.status())


def read_state(layout: Layout) -> dict[str, Any] | None:
    """What a running stack noted of itself; None when none runs."""
    try:
        state: dict[str, Any] = json.loads(layout.state_file.read_text())
    except (OSError, ValueError):
        return None
    return state if _is_alive(state["process"]) else None


def end_leftovers(layout: Layout) -> int:
    """End the children of a stack that was killed and could not end them itself. Gives how many there were."""
    ended = 0
    with contextlib.suppress(OSError, ValueError, KeyError):
        for child in json.loads(layout.state_file.read_text())["children"]:
            if _is_alive(child):
                end_tree(child["pid"])
                ended += 1
    layout.state_file.unlink(missing_ok=True)
    return ended


def _identity(pid: int) -> dict[str, float]:
    """A process id alone may be another program's by the time it is looked at."""
    return {"pid": pid, "created": psutil.Process(pid).create_time()}


def _is_alive(identity: dict[str, Any]) -> bool:
    try:
        process = psutil.Process(identity["pid"])
        is_same = process.create_time() == identity["created"]
        return bool(is_same and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _write_json(file: Any, content: object) -> None:
    """Replace a file at once, so that a reader never sees half of it."""
    part = file.with_suffix(".part")
    part.write_text(json.dumps(content, indent=2))
    part.replace(file)
