"""Peak memory of the demo: this process and everything below it, services and functions included."""

import contextlib

import psutil


class MemoryMeter:
    """Looks when told to, keeps the highest sum of resident memory in bytes (shared pages count in each process)."""

    def __init__(self) -> None:
        self.peak_bytes = 0
        self._root = psutil.Process()

    def look(self) -> None:
        """Measure once."""
        total = 0
        for process in (self._root, *self._root.children(recursive=True)):
            with contextlib.suppress(psutil.NoSuchProcess):
                total += process.memory_info().rss
        self.peak_bytes = max(self.peak_bytes, total)
