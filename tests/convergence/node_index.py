"""A real node's index behind the fault proxy, in the model index's shape: the same histories play on it."""

import json
import os
import signal
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote

import requests

from changefeed.errors import BulkRequestError
from changefeed.second_delete.document_versions import versions_in
from changefeed.write.bulk_answer import Verdict, read_bulk_answer
from changefeed.write.bulk_transport import BulkTransport
from lambda_kit.unindexed import whole_document
from local.services.opensearch_node import OpenSearchNode
from tests.convergence.fault_proxy import FaultProxy, without_hooks
from tests.fakes import ConsumerKilled, FakeClock, Fault, bulk_actions

GC_DELETES_SECONDS = 60.0
SHORT_TIMEOUT_SECONDS = 0.15
"""Of requests that will not be answered; all others may take as long as they do."""


class NodeIndex:
    """A callable like `BulkTransport`, with the faults, the clock and the late requests of `ModelIndex`.

    `highest` is learnt from the node's answers: the version of every item that it took, or says that it holds.
    """

    can_be_mended = False

    def __init__(
        self, *, url: str, index: str, proxy: FaultProxy, clock: FakeClock, node: OpenSearchNode | None = None
    ) -> None:
        """`url` is the node's own: reading and closing go past the proxy. With `node`, a restart kills its process."""
        self._address = f"{url}/{quote(index)}"
        self._proxy = proxy
        self._clock = clock
        self._node = node
        self._last_request = clock.now
        self._late_since: list[float] = []
        self.longest_lateness_seconds = 20.0
        self.gc_deletes_seconds = GC_DELETES_SECONDS
        self.returned: set[str] | None = None  # which late requests made a document is not known here
        self._send = BulkTransport(endpoint=proxy.url, index=index, region="eu-west-1")
        self.faults: deque[Fault | None] = deque()
        self.highest: dict[str, int] = {}
        self.is_poison: Any = None
        self.on_restart: Callable[[], None] = lambda: None

    def __call__(self, body: bytes, timeout_seconds: float) -> tuple[int, bytes]:
        """Send through the proxy, which meets the request with the next fault."""
        self._clock.now += 0.001
        fault = (self.faults.popleft() if self.faults else None) or Fault()
        if fault.meanwhile is not None:
            fault.meanwhile()
        self._land_overdue()
        if self._clock.now - self._last_request > self.gc_deletes_seconds:
            self._forget_guards()  # the node's own clock has hardly moved
        self._last_request = self._clock.now
        if fault.late:
            self._late_since.append(self._clock.now)
        self._proxy.faults.append(without_hooks(fault))
        try:
            status, answer = self._send(body, SHORT_TIMEOUT_SECONDS if fault.late else timeout_seconds)
        except BulkRequestError:
            self._clock.now += timeout_seconds if fault.until_timeout else 1.0
            raise
        finally:
            self._proxy.faults.clear()
        if status == 200:
            self._note(body, answer)
        if fault.killed:
            raise ConsumerKilled
        return status, answer

    def land_late_requests(self) -> None:
        """Pass on what timed out."""
        self._late_since.clear()
        self._proxy.land_late_requests()

    def restart(self) -> None:
        """Forget the guards of deletes, and what was on its way, by closing and opening the index or by a new start."""
        self._land_overdue()
        self._late_since.clear()
        self._proxy.late_requests.clear()
        if self._node is not None:
            _kill_and_start(self._node)
            self.on_restart()
            self._node = None  # once a history: it takes seconds
            return
        self._forget_guards()

    def _forget_guards(self) -> None:
        for action in ("_close", "_open"):
            answer = requests.post(f"{self._address}/{action}?wait_for_active_shards=1", timeout=20)
            assert answer.status_code == 200, answer.text

    def versions(self, ids: Sequence[str], timeout_seconds: float) -> dict[str, int]:
        """The versions of those documents that are there, by the real-time API."""
        self._land_overdue()
        answer = requests.post(
            f"{self._address}/_mget", json={"ids": list(ids)}, params={"_source": "false"}, timeout=timeout_seconds
        )
        return versions_in(answer.content, len(ids))

    def leap(self, identifier: str, version: int) -> None:
        """Writes the document as it is under another version, past the proxy."""
        place = f"{self._address}/_doc/{quote(identifier, safe='')}"
        answer = requests.get(place, timeout=20)
        if answer.json().get("found"):
            source = answer.text.partition('"_source":')[2][:-1]
            params = {"version": str(version), "version_type": "external"}
            headers = {"Content-Type": "application/json"}
            requests.put(place, data=source.encode(), params=params, headers=headers, timeout=20).raise_for_status()

    def sources(self, ids: Sequence[str]) -> dict[str, Any]:
        """The documents of these ids, read by the real-time API, numbers as texts."""
        answer = requests.post(f"{self._address}/_mget", json={"ids": list(ids)}, timeout=20)
        docs = json.loads(answer.text, parse_int=str, parse_float=str)["docs"]
        return {doc["_id"]: whole_document(doc["_source"]) for doc in docs if doc.get("found")}

    def _land_overdue(self) -> None:
        if self._late_since and self._clock.now - self._late_since[0] > self.longest_lateness_seconds:
            self.land_late_requests()

    def _note(self, body: bytes, answer: bytes) -> None:
        verdicts = read_bulk_answer(200, answer, expected_items=len(bulk_actions(body)))
        for (_, target, _), verdict in zip(bulk_actions(body), verdicts, strict=True):
            # Of a conflict it is the index that says what it holds, whichever way that came there.
            version = target["version"] if verdict.verdict is Verdict.DONE else verdict.current_version
            if version is not None:
                self.highest[target["_id"]] = max(version, self.highest.get(target["_id"], 0))


def _kill_and_start(node: OpenSearchNode) -> None:
    """End the process as a crash does, without a flush or a goodbye, and start another one on its data."""
    before = node.process.pid if node.process else None
    assert before is not None, "the node runs"
    os.kill(before, signal.SIGKILL)
    node.stop()  # takes note of its end
    node.start()
    assert node.process is not None
    assert node.process.pid not in (None, before), "another process serves the same data"
