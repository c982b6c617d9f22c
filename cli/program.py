"""A program's commands: where they are, how they are shown, and the parser of the one that is called.

A new command is a new file in the program's package and nothing else. Only the called one is imported: the others'
summaries come from their sources.

Why argparse, and not click, typer or cyclopts: what the edges need (paths that are tried out, interrupts before the
imports end, exit codes, progress) none of them has, and the commands' arguments would be declared anew for it.
"""

import argparse
import importlib.util
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass, field

from cli.help import filled, help_of
from cli.parser import Parser


@dataclass(frozen=True, kw_only=True)
class Program:
    """`prog` is how it is typed, as the examples have it.

    `commands` are modules by what is typed; each has `add_arguments(parser)` and `run(options)`, which returns the exit
    code. `explain` is a module with `explain(error)`: the words for what libraries raise, None for what is a bug.
    """

    prog: str
    description: str
    example: str
    commands: Mapping[str, str] = field(hash=False)
    explain: str

    def called(self, arguments: list[str]) -> str | None:
        """Returns the command that is called; None where none is, or none that exists."""
        return arguments[0] if arguments and arguments[0] in self.commands else None

    def overview(self, prog: str) -> Parser:
        """Makes the parser of a call without a command: help with every command, or an error."""
        parser = Parser(
            prog=prog,
            description=filled([self.description]),
            epilog=f"Example: {self.example}".replace(self.prog, prog),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
        for name, module in self.commands.items():
            commands.add_parser(name, help=help_of(module).summary)
        return parser

    def parser(self, command: str, prog: str) -> Parser:
        """Makes the parser of one command, which is imported for it."""
        module = importlib.import_module(self.commands[command])
        texts = help_of(self.commands[command])
        parser = Parser(
            prog=f"{prog} {command}",
            description=filled(texts.paragraphs),
            epilog=f"Example: {texts.example}".replace(self.prog, prog),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.add_arguments(parser)
        positional = [str(action.metavar) for action in parser._actions if not action.option_strings]
        parser.usage = " ".join(["%(prog)s", *positional, "[OPTIONS]"])  # argparse's own breaks no long line
        parser.set_defaults(command=command, run=module.run)
        return parser


def commands_in(package: str, **others: str) -> dict[str, str]:
    """Finds the modules of a package, by what is typed for them; `others` live elsewhere."""
    found = importlib.util.find_spec(package)
    places = (found and found.submodule_search_locations) or []
    here = {module.name.replace("_", "-"): f"{package}.{module.name}" for module in pkgutil.iter_modules(places)}
    return dict(sorted({**here, **others}.items()))
