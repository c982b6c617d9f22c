"""Measures the demo's peak memory: this process and everything below it, services and functions included."""

import contextlib

import psutil


class MemoryMeter:
    """Keeps the highest sum of resident memory in bytes that any look found (shared pages count in each process)."""

    def __init__(self, stack_process: int | None = None) -> None:
        """Takes the process id of the stack where that is another process."""
        self.peak_bytes = 0
        self._roots = [psutil.Process(), *([psutil.Process(stack_process)] if stack_process else [])]

    def look(self) -> None:
        """Measures once."""
        total = 0
        for process in (member for root in self._roots for member in (root, *root.children(recursive=True))):
            with contextlib.suppress(psutil.NoSuchProcess):
                total += process.memory_info().rss
        self.peak_bytes = max(self.peak_bytes, total)
