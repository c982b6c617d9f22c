"""Reads a command's help out of its source: summary, text and example, without importing it and also with -OO.

A command's module docstring is a summary line, more if needed, and at its end a paragraph that begins with `Example: `.
"""

import ast
import importlib.util
import shutil
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

NARROWEST, WIDEST = 40, 118


@dataclass(frozen=True, kw_only=True)
class Help:
    """What a command says of itself; `paragraphs` begins with the summary."""

    paragraphs: tuple[str, ...]
    example: str

    @property
    def summary(self) -> str:
        """The first paragraph, as one line."""
        return " ".join(self.paragraphs[0].split())


def filled(paragraphs: Iterable[str]) -> str:
    """Gives the paragraphs in lines that fit the terminal."""
    width = max(NARROWEST, min(shutil.get_terminal_size().columns - 2, WIDEST))
    return "\n\n".join(textwrap.fill(" ".join(paragraph.split()), width) for paragraph in paragraphs)


@cache
def help_of(module: str) -> Help:
    """Reads the help of a command's module. Raises ValueError for one without an example."""
    found = importlib.util.find_spec(module)
    if found is None or found.origin is None:
        raise ValueError(f"There is no module {module}.")
    docstring = ast.get_docstring(ast.parse(Path(found.origin).read_text(encoding="utf-8"))) or ""
    text, separator, example = docstring.partition("\n\nExample: ")
    if not separator:
        raise ValueError(f"The docstring of {module} has no last paragraph that begins with `Example: `.")
    return Help(paragraphs=tuple(text.split("\n\n")), example=example.strip())
