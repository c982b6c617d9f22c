"""A console for a command that tells a story on standard output: each rule begins a stage, and nothing is cut."""

import sys
from typing import Any

from rich.console import Console

from cli import progress

LOG_WIDTH = 160


class StoryConsole(Console):
    """As wide as the terminal; elsewhere wide enough for a log's lines."""

    def __init__(self) -> None:
        super().__init__(width=None if sys.stdout.isatty() else LOG_WIDTH)

    def rule(self, title: Any = "", **options: Any) -> None:
        """Begins a stage with its title; one that is wider than the terminal gets lines of its own, and no rule."""
        progress.stage(str(title))
        if len(str(title)) + 4 > self.width:
            self.print(f"[bold]{title}[/]")
        else:
            super().rule(title, **options)

    def say(self, line: str) -> None:
        """Prints what the command is at, and counts its time."""
        self.print(line)
        progress.stage(line)

    def on_broken_pipe(self) -> None:
        """Raises it as `print` would; rich would end the program itself, in whatever thread."""
        raise BrokenPipeError
