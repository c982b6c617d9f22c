"""Tables of the commands of `ops` and `local`, and of each one's flags, from their parsers."""

import argparse
from collections.abc import Iterable

from cli.help import Help, help_of
from cli.program import Program
from local.__main__ import PROGRAM as LOCAL
from ops.__main__ import PROGRAM as OPS
from tools.reference.markdown import table


def commands() -> dict[str, tuple[Program, str]]:
    """Returns every command by what one types: `python -m ops verify`."""
    return {f"{program.prog} {name}": (program, name) for program in (OPS, LOCAL) for name in program.commands}


def texts(typed: str) -> Help:
    """Returns what a command says of itself."""
    program, name = commands()[typed]
    return help_of(program.commands[name])


def arguments(typed: str) -> list[argparse.Action]:
    """Returns the arguments that a command declares, without --help."""
    program, name = commands()[typed]
    return program.parser(name, program.prog)._actions[1:]  # argparse offers no other list, least of all through groups


def summaries(package: str) -> str:
    """Returns a table of a package's commands, each with its first sentence."""
    chosen = [typed for typed in commands() if typed.startswith(f"python -m {package} ")]
    return table(["Command", "What"], ([f"`{typed}`", texts(typed).paragraphs[0]] for typed in chosen))


def flags() -> str:
    """Returns a section for each command: what it does, its arguments, an example."""
    return "\n\n".join(map(_section, commands()))


def _section(typed: str) -> str:
    said = texts(typed)
    rows = [[_shown(action), _help(action)] for action in arguments(typed)]
    parts = [f"### {typed}", *said.paragraphs, *([table(["Argument", "What"], rows)] if rows else [])]
    return "\n\n".join([*parts, f"```sh\n{said.example}\n```"])


def _shown(action: argparse.Action) -> str:
    value = str(action.metavar or action.dest.upper()) if action.option_strings else str(action.metavar or action.dest)
    words: Iterable[str] = (*action.option_strings[:1], *([value] if action.nargs != 0 else []))
    return f"`{' '.join(words)}`"


def _help(action: argparse.Action) -> str:
    return (action.help or "") % vars(action)
