"""Says in one line that the program has a bug, and keeps the traceback for the report."""

import os
import tempfile
import traceback
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "build" / "bugs"
DEBUG = "DRIFTLESS_DEBUG"


def told_bug(command: str, error: Exception) -> str:
    """Writes the traceback down, and returns the line. The error's own text may hold a value: only the file has it."""
    lines = "".join(traceback.format_exception(error))
    ours = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(str(ROOT))]
    at = f" at {Path(ours[-1].filename).relative_to(ROOT)}:{ours[-1].lineno}" if ours else ""
    what = f"This is a bug of `{command}`: {type(error).__name__}{at}."
    if os.environ.get(DEBUG):
        return f"{lines}{what} Please report it with the lines above."
    return f"{what} Please report it with {_kept(command, lines)}, or see it with {DEBUG}=1."


def _kept(command: str, lines: str) -> Path:
    name = f"{command.rpartition(' ')[2]}-{os.getpid()}.txt"
    for folder in (FOLDER, Path(tempfile.gettempdir())):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(lines, encoding="utf-8", errors="backslashreplace")
        except OSError:
            continue
        return folder / name
    return Path(os.devnull)
