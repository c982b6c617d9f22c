"""The parser of all commands: argparse, but an error is a line that says what is wanted, what was meant, and where to
read on."""

import argparse
import re
import sys
from typing import NoReturn

from cli.errors import USAGE
from cli.suggestion import did_you_mean

_CHOICE = re.compile(r"invalid choice: '([^']*)'")
_UNKNOWN = re.compile(r"unrecognized arguments: (--[^\s=]+)")


class Parser(argparse.ArgumentParser):
    """Prints no usage with an error: it would hide the line that matters."""

    def error(self, message: str) -> NoReturn:
        """Ends with exit code 2."""
        print(f"{self.prog}: {message.rstrip('.')}.{self._meant(message)}", file=sys.stderr)
        print(f"Help, with an example: {self.prog} --help", file=sys.stderr)
        raise SystemExit(USAGE)

    def _meant(self, message: str) -> str:
        if found := _UNKNOWN.search(message):
            return did_you_mean(found[1], self._option_string_actions)
        if found := _CHOICE.search(message):
            return did_you_mean(found[1], [str(each) for action in self._actions for each in action.choices or ()])
        return ""
