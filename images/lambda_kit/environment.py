"""Reads a function's environment variables and reports all of their problems together.

Each function has a dataclass of its settings, made by reading every variable first and calling `raise_problems` then.
"""

import re
from collections.abc import Mapping

from lambda_kit.errors import SettingsError
from lambda_kit.signing import check_endpoint


class Variables:
    """Reads variables and keeps what is wrong with them in `problems`; a wrong one reads as a harmless value."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.problems: list[str] = []

    def optional(self, name: str) -> str | None:
        """Reads a text that may be missing; a blank one counts as missing."""
        return self._environ.get(name, "").strip() or None

    def text(self, name: str) -> str:
        """Reads a text that must be set."""
        value = self.optional(name)
        if value is None:
            self.problems.append(f"{name} is not set")
        return value or ""

    def endpoint(self, name: str) -> str:
        """Reads the URL of a search endpoint that must be set."""
        return self.optional_endpoint(name) or self.text(name)

    def optional_endpoint(self, name: str) -> str | None:
        """Reads the URL of a search endpoint that may be missing."""
        value = self.optional(name)
        if value and (problem := check_endpoint(value)):
            self.problems.append(f"{name} {problem}")
        return value

    def number(self, name: str, default: int | None, *, lowest: int, highest: int) -> int:
        """Reads a whole number; one without a default must be set."""
        text = self._environ.get(name, "" if default is None else str(default))
        if not re.fullmatch("[0-9]{1,9}", text) or not lowest <= int(text) <= highest:
            self.problems.append(f"{name} must be a whole number from {lowest} to {highest}")
            return lowest
        return int(text)

    def raise_problems(self) -> None:
        """Raises SettingsError when anything was wrong."""
        if self.problems:
            raise SettingsError("Wrong environment variables: " + "; ".join(self.problems) + ".")
