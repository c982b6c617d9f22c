"""The one command of this clone: `driftless local up`, `driftless ops verify`, `driftless trial`, from any folder.

`make install` puts it into `.venv/bin`. What a user names is relative to the user's folder; what the program keeps
(`build/`, `.driftless/`, `.local/`) stays in the clone. `python -m local` and `python -m ops` are the same commands.
"""

import contextlib
import sys
from collections.abc import Sequence

import shtab

from driftless.parser import build_parser
from local import __main__ as local_commands
from local.layout import ROOT
from ops import __main__ as ops_commands
from tools.trial import __main__ as trial_command


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command. Returns the exit code: 0 done, 1 a problem was found, 2 wrong usage."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    match words[:1]:
        case ["local"]:
            return local_commands.main(words[1:], prog="driftless local")
        case ["ops"]:
            return ops_commands.main(words[1:], prog="driftless ops")
    parser = build_parser()
    options = parser.parse_args(words)
    if options.group == "completion":
        print(shtab.complete(parser, options.shell))
        return 0
    with contextlib.chdir(ROOT):  # Pulumi and the trial's settings file are at home there; it takes no path of a user
        return trial_command.main()


if __name__ == "__main__":
    sys.exit(main())
