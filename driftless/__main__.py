"""The one command of this clone: `driftless local up`, `driftless ops verify`, `driftless trial`, from any folder.

`make install` puts it into `.venv/bin`. What a user names is relative to the user's folder; what the program keeps
(`build/`, `.driftless/`, `.local/`) stays in the clone. `python -m local` and `python -m ops` are the same commands.
"""

import importlib
import sys
from collections.abc import Sequence

from cli import first

GROUPS = ("local", "ops")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command. Returns the exit code: 0 done, 1 a problem was found, 2 wrong usage."""
    if arguments is None:  # this process is the command
        first.end_at_once()
    words = list(sys.argv[1:] if arguments is None else arguments)
    name = words.pop(0) if words[:1] and words[0] in GROUPS else ""
    # By name, and only what is asked for: all of it together needs 0.6 s more to import.
    group = importlib.import_module(f"{name}.__main__" if name else "driftless.whole")
    code = int(group.main(words, prog=f"driftless {name}".rstrip()))
    if arguments is None:
        first.end_at_once()
    return code


if __name__ == "__main__":
    sys.exit(main())
