"""The errors of operations, which are the command line's: each message says what, where and what to do.

* OpsError        a problem was found: exit code 1
  - UsageError    the command was called in a way that can't work: exit code 2
"""

from cli.errors import CommandError as OpsError
from cli.errors import UsageError

__all__ = ["OpsError", "UsageError"]
