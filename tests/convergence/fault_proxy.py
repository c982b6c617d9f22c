"""A proxy on the loopback between the sync and a real node: passes bulk requests on, but for the fault that is next.

An asyncio server in a thread. What it says in place of the node is what the node would say; of a fault of some items
it passes on the others and puts the answers together again.
"""

import asyncio
import json
import threading
from collections import deque
from dataclasses import replace
from typing import Any

import requests

from tests.fakes import Fault, bulk_lines

HOLD_SECONDS = 30.0
FIELDS = ("_index", "_id", "status", "error")


class FaultProxy:
    """Meets the next requests with `faults`. Requests that are to land late wait in `late_requests`.

    Of `killed` the proxy does its half: it never answers, and sets `held` when the caller may be killed.
    """

    def __init__(self, target: str) -> None:
        """`target` is the node's URL."""
        self.faults: deque[Fault | None] = deque()
        self.late_requests: list[tuple[str, bytes]] = []
        self.met = 0
        self.held = threading.Event()
        self._target = target
        self._node = requests.Session()
        self._node.trust_env = False
        self._loop = asyncio.new_event_loop()
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        self._started.wait(10)

    def stop(self) -> None:
        """End the server and its thread."""
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(10)
        self._node.close()

    def land_late_requests(self) -> None:
        """Pass on what was held back."""
        while self.late_requests:
            self._pass_on(*self.late_requests.pop(0))

    def _serve(self) -> None:
        self._loop.run_until_complete(self._run())
        self._loop.close()

    async def _run(self) -> None:
        self._end = asyncio.Event()
        server = await asyncio.start_server(self._connection, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        self._started.set()
        await self._end.wait()
        server.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        await asyncio.sleep(0)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._exchange(reader, writer):
                pass
        except (EOFError, OSError, asyncio.CancelledError):
            pass  # either side is gone, and the other learns it by the end of its connection
        finally:
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request; False when the connection is to be closed."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        path = head.split(" ", 2)[1]
        length = next(
            int(line.split(":")[1]) for line in head.split("\r\n") if line.lower().startswith("content-length")
        )
        body = await reader.readexactly(length)
        fault = (self.faults.popleft() if self.faults else None) or Fault()
        self.met += fault != Fault()
        if fault.late:
            self.late_requests.append((path, body))
        status, answer = (0, b"") if fault.late or fault.lost else await self._answer(path, body, fault)
        if fault.killed:
            self.held.set()
        if fault.late or fault.killed:
            await self._hold(reader)
        if fault.late or fault.killed or fault.lost or fault.unanswered:
            return False
        reply = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {len(answer)}\r\n\r\n"
        writer.write(reply.encode() + (answer[: len(answer) // 2] if fault.cut_off else answer))
        await writer.drain()
        return not fault.cut_off

    async def _hold(self, reader: asyncio.StreamReader) -> None:
        """Wait until the caller has had enough and hangs up."""
        await asyncio.wait_for(reader.read(), HOLD_SECONDS)

    async def _answer(self, path: str, body: bytes, fault: Fault) -> tuple[int, bytes]:
        if fault.status is not None and not fault.ids:
            error = {"error": {"type": fault.error_type, "reason": "said by the proxy"}, "status": fault.status}
            return fault.status, json.dumps(error).encode()
        if not fault.ids:
            return await asyncio.to_thread(self._pass_on, path, body)
        actions = bulk_lines(body)
        passed = [lines for _, key, lines in actions if key not in fault.ids]
        status, answer = 200, b'{"took":1,"errors":false,"items":[]}'
        if passed:
            status, answer = await asyncio.to_thread(self._pass_on, path, b"\n".join([*passed, b""]))
        if status != 200:
            return status, answer
        whole = json.loads(answer)
        given = iter(whole["items"])
        whole["items"] = [
            self._refusal(operation, key, fault) if key in fault.ids else next(given) for operation, key, _ in actions
        ]
        return 200, json.dumps(whole | {"errors": True}, separators=(",", ":")).encode()

    def _refusal(self, operation: str, key: str, fault: Fault) -> dict[str, Any]:
        error = {"type": fault.error_type, "reason": "said by the proxy"}
        return {operation: dict(zip(FIELDS, ("i", key, fault.status, error), strict=True))}

    def _pass_on(self, path: str, body: bytes) -> tuple[int, bytes]:
        headers = {"Content-Type": "application/x-ndjson"}
        answer = self._node.post(self._target + path, data=body, headers=headers, timeout=20)
        return answer.status_code, answer.content


def without_hooks(fault: Fault | None) -> Fault | None:
    """The part of a fault that happens outside the consumer's process."""
    return fault and replace(fault, meanwhile=None, killed=False)
