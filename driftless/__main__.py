"""The one command of this clone: `driftless local up`, `driftless ops verify`, `driftless trial`, from any folder.

`make install` puts it into `.venv/bin`. What a user names is relative to the user's folder; what the program keeps
(`build/`, `.driftless/`, `.local/`) stays in the clone. `python -m local` and `python -m ops` are the same commands.
"""

import importlib
from collections.abc import Sequence

from cli import first

GROUPS = ("local", "ops")


def run() -> None:
    """Runs the command of this process, and ends it."""
    first.end_at_once()
    importlib.import_module("cli.edge").end_with(main)  # by name: its imports take a while


def main(arguments: Sequence[str]) -> int:
    """Runs a command. Returns the exit code: 0 done, 1 a problem was found, 2 wrong usage."""
    words = list(arguments)
    name = words.pop(0) if words[:1] and words[0] in GROUPS else ""
    # By name, and only what is asked for: all of it together needs 0.6 s more to import.
    group = importlib.import_module(f"{name}.__main__" if name else "driftless.whole")
    return int(group.main(words, prog=f"driftless {name}".rstrip()))


if __name__ == "__main__":
    run()
