"""Runs the whole local stack: MiniStack and the node, the program applied to them, and what runs outside of them.

Only one runs in a folder: `local.state` keeps its lock and what others may know of it.
"""

import shutil
import subprocess
import threading
from collections.abc import Callable
from typing import Any, TextIO

from local.errors import LocalStackError
from local.last_end import note_end
from local.layout import ROOT, Layout
from local.program.engine import deploy
from local.program.operator import make_operator
from local.program.resources.creation import Cloud
from local.runners.part import Part, parts_status, start_parts, stop_parts
from local.services.container_engine import ContainerEngine
from local.services.function_containers import FunctionContainers, build_images
from local.services.ministack import REGION, MiniStack
from local.services.opensearch_node import TRANSPORT_PORT_DISTANCE, OpenSearchNode
from local.services.ports import AWS_PORT, OPENSEARCH_PORT, check_free, check_opensearch_port
from local.state import end_leftovers, take_lock, write_json, write_state
from local.watchdog import ENDED, start_watchdog

STATUS_SECONDS = 0.5
NOWHERE = ("dashboards_url", "event_source_mappings", "images")
"""Exports that lead nowhere here: there are no dashboards, the mappings are our own, and no image is pushed."""


class LocalStack:
    """A stack to start, use and stop; as a context manager it leaves no process behind."""

    def __init__(
        self,
        *,
        layout: Layout | None = None,
        aws_port: int = AWS_PORT,
        opensearch_port: int = OPENSEARCH_PORT,
        say: Callable[[str], None] = print,
    ) -> None:
        """Raises LocalStackError for ports that can't work together."""
        self.layout = layout or Layout()
        self.containers: FunctionContainers | None = None
        self._engine: ContainerEngine | None = None
        self.outputs: dict[str, Any] = {}
        self._ports = (aws_port, opensearch_port)
        self._say = say
        self._lock: TextIO | None = None
        self._watchdog: subprocess.Popen[bytes] | None = None
        self._ending = threading.Event()
        self._status_writer = threading.Thread(target=self._write_status, name="status", daemon=True)
        self._parts: list[Part] = []
        check_opensearch_port(opensearch_port)
        if aws_port in (opensearch_port, opensearch_port + TRANSPORT_PORT_DISTANCE):
            raise LocalStackError(
                f"Port {aws_port} can't serve both: OpenSearch takes {opensearch_port} and "
                f"{opensearch_port + TRANSPORT_PORT_DISTANCE}. Choose another --aws-port."
            )
        self.ministack = MiniStack(
            port=aws_port,
            directory=self.layout.data / "aws",
            log_file=self.layout.log("aws"),
            authorise=True,
        )
        self.node = OpenSearchNode(
            port=opensearch_port, directory=self.layout.data / "search", log_file=self.layout.log("opensearch"), say=say
        )

    def run_in_containers(self, engine: ContainerEngine) -> None:
        """Has functions run in their containers, whose images the start builds first."""
        self._engine = engine

    def __enter__(self) -> "LocalStack":
        self.start()
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        self._note_end(error)
        self.stop()

    def start(self) -> None:
        """Starts everything from nothing. Raises LocalStackError, with everything ended again, when a part can't."""
        self._lock = take_lock(self.layout)
        try:
            self._start()
        except BaseException as error:
            self._note_end(error)
            self.stop()
            raise

    def stop(self) -> None:
        """Ends everything; no process is left."""
        self._ending.set()
        if self._status_writer.is_alive():
            self._status_writer.join()
        self.stop_parts()
        self.ministack.stop()
        if self.containers is not None:
            self.containers.remove_all()
        self.node.stop()
        if self._watchdog is not None:
            self._watchdog.communicate(ENDED)  # closes the pipe; it finds nothing to end
            self._watchdog = None
        if self._lock is not None:
            self.layout.state_file.unlink(missing_ok=True)
            self.layout.status_file.unlink(missing_ok=True)
            self._lock.close()
            self._lock = None

    def parts(self, kind: str) -> dict[str, Any]:
        """Returns the runners of one kind by name, such as the "mapping" `sync_dynamodb_stream`."""
        return {part.name: part.runner for part in self._parts if part.kind == kind}

    def stop_parts(self) -> None:
        """Stops everything outside the services, for good: no change is carried any more."""
        stop_parts(self._parts)

    def stop_node(self) -> None:
        """Ends OpenSearch, for an outage on purpose."""
        self.node.stop()

    def start_node(self) -> None:
        """Starts it again on its data."""
        self.node.launch()
        self._note_state()
        self.node.wait()

    def dead_service(self) -> str | None:
        """Says which service ended unasked, how, and its last words; None while none has."""
        services = [self.ministack.process, *([self.node.process] if self.node.process else [])]
        return next((words for service in services if (words := service.last_words())), None)

    def _start(self) -> None:
        end_leftovers(self.layout)
        self.layout.end_file.unlink(missing_ok=True)
        aws_port, opensearch_port = self._ports
        check_free(aws_port, what="the embedded AWS", flag="--aws-port")
        for port in (opensearch_port, opensearch_port + TRANSPORT_PORT_DISTANCE):
            check_free(port, what="OpenSearch", flag="--opensearch-port")
        if self._engine is not None:
            images = build_images(self._engine, self._say)
            self.containers = FunctionContainers(engine=self._engine, stack=str(self.layout.directory), images=images)
        shutil.rmtree(self.layout.data, ignore_errors=True)
        shutil.rmtree(self.layout.log("").parent, ignore_errors=True)
        self._watchdog = start_watchdog(self.layout)
        self._say("Starting OpenSearch and the embedded AWS ...")
        self.node.launch()
        self._note_state()
        self.ministack.launch()
        self._note_state()
        self.ministack.wait()
        self.node.wait()
        self._say("Applying the program, __main__.py ...")
        cloud = Cloud(
            aws_endpoint_url=self.ministack.endpoint_url,
            opensearch_url=self.node.url,
            region=REGION,
            root=ROOT,
            authorise=True,
            containers=self.containers,
        )
        cloud.exports = deploy(cloud)
        services = {"aws_endpoint_url": cloud.aws_endpoint_url, "opensearch_url": cloud.opensearch_url}
        exports = {name: value for name, value in cloud.exports.items() if name not in NOWHERE}
        self.outputs = exports | services | make_operator(cloud)
        self._parts = cloud.make_parts()
        start_parts(self._parts)
        self._status_writer.start()
        self._note_state()

    def _note_end(self, error: BaseException | None) -> None:
        """Keeps why it ends, before its services are ended; Ctrl-C and `down` have asked for it."""
        if error is not None and not isinstance(error, KeyboardInterrupt):
            note_end(self.layout, self.dead_service() or str(error) or type(error).__name__)

    def _note_state(self) -> None:
        services = [self.ministack.process, *([self.node.process] if self.node.process else [])]
        write_state(
            self.layout,
            children={service.name: pid for service in services if (pid := service.pid)},
            container_client=self._engine.client if self._engine else None,
            outputs=self.outputs,
        )

    def _write_status(self) -> None:
        while not self._ending.wait(STATUS_SECONDS):
            write_json(self.layout.status_file, parts_status(self._parts))
