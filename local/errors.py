"""The one error of the local stack: its message says what, where and what to do; commands print it and exit with 1."""

from cli.errors import CommandError


class LocalStackError(CommandError):
    """Something about this machine or the local stack's state is not as a command needs it."""
