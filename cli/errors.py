"""The errors that a command may end with. Each message says what, where and what to do; the edge prints it.

* CommandError      something isn't as the command needs it: exit code 1
  - UsageError      it was called in a way that can't work: exit code 2
  - StoppedError    it was interrupted, and says how to go on: exit code 130
"""

from cli.first import INTERRUPTED

DONE, PROBLEM, USAGE, BUG, CUT_OFF = 0, 1, 2, 70, 141
"""70 is the C library's EX_SOFTWARE; 141 is what a shell says of SIGPIPE."""


class CommandError(Exception):
    """Something isn't as a command needs it."""

    exit_code = PROBLEM


class UsageError(CommandError):
    """The arguments, or what the environment says, make no sense here."""

    exit_code = USAGE


class StoppedError(CommandError):
    """The command was interrupted; the message says what holds and how to go on."""

    exit_code = INTERRUPTED
