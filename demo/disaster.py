"""Makes things go wrong on purpose in mid-load: consumers die, OpenSearch is away for a while."""

import threading
from collections.abc import Callable

import psutil

from local.errors import LocalStackError
from local.stack import LocalStack


class Disaster:
    """Call it once, in mid-load. `outcome` lists what failed to go wrong, or to come back, as planned."""

    def __init__(self, stack: LocalStack, say: Callable[[str], None], *, outage_seconds: float, kill: bool) -> None:
        self._stack = stack
        self._say = say
        self._outage_seconds = outage_seconds
        self._kill = kill
        self._ending = threading.Event()
        self._outage = threading.Thread(target=self._stop_and_start, name="outage")
        self.outcome: list[str] = []

    def __call__(self) -> None:
        """Strikes; the writes go on meanwhile."""
        if self._kill:
            containers = self._stack.containers
            killed = containers.kill(self._stack.outputs["indexes"]) if containers else kill_consumers()
            self._say(f"[yellow]Killed {killed} function {'containers' if containers else 'processes'}.[/]")
            if not killed:
                self.outcome.append("No consumer was there to be killed.")
        if self._outage_seconds:
            self._outage.start()

    def end(self) -> None:
        """Waits until an outage is over; cuts it short when the demo is ended early."""
        self._ending.set()
        if self._outage.ident is not None:
            self._outage.join()

    def _stop_and_start(self) -> None:
        self._say(f"[yellow]OpenSearch is stopped for {self._outage_seconds:.0f} s.[/]")
        self._stack.stop_node()
        if self._ending.wait(self._outage_seconds):
            return
        try:
            self._stack.start_node()
            self._say("[yellow]OpenSearch is back.[/]")
        except LocalStackError as error:
            self.outcome.append(str(error))


def kill_consumers() -> int:
    """Kills the processes of the sync functions below this one, without a chance to finish. Returns how many."""
    killed = 0
    for process in psutil.Process().children(recursive=True):
        try:
            if any(part.startswith("sync_") and part.endswith(".handler.handler") for part in process.cmdline()):
                process.kill()
                killed += 1
        except psutil.NoSuchProcess:
            continue
    return killed
