"""The errors of operations: each message says what, where and what to do; the command edge prints it.

* OpsError        a problem was found: exit code 1
  - UsageError    the command was called in a way that can't work: exit code 2
"""


class OpsError(Exception):
    """Something isn't as a command needs it: exit code 1."""


class UsageError(OpsError):
    """The arguments make no sense together, or here: exit code 2."""
