"""Time and memory of one analysis, for its status and its log line."""

import resource
import sys
import time
from pathlib import Path
from typing import Any

_MAXRSS_PER_MB = 1024 if sys.platform != "darwin" else 1024 * 1024  # getrusage(2): kilobytes; bytes on macOS


class Meter:
    """Starts when made. The peak is the process', so a warm container's includes what it did before."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def read(self) -> dict[str, Any]:
        """Gives `{"seconds", "cpu_seconds", "process_peak_mb"}`."""
        return {
            "seconds": round(time.perf_counter() - self._wall, 3),
            "cpu_seconds": round(time.process_time() - self._cpu, 3),
            "process_peak_mb": peak_mb(),
        }


def peak_mb() -> int:
    """Gives the largest resident size of this process so far, in MiB.

    Linux has it as VmHWM (proc_pid_status(5)); getrusage's includes the parent that a process was forked from.
    """
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) // 1024
    except (OSError, StopIteration):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // _MAXRSS_PER_MB
