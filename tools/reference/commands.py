"""Tables of the commands of `ops` and `local`, and of each one's flags, from their parsers."""

import argparse
from collections.abc import Iterable
from types import ModuleType

from local import __main__ as local_commands
from ops import __main__ as ops_commands
from tools.reference.markdown import table


def commands() -> dict[str, ModuleType]:
    """Returns every command's module by what one types: `python -m ops verify`."""
    packages = {"ops": ops_commands.command_modules(), "local": local_commands.COMMANDS}
    return {f"python -m {package} {_name(module)}": module for package in packages for module in packages[package]}


def arguments(module: ModuleType) -> list[argparse.Action]:
    """Returns the arguments that a command declares, without --help."""
    parser = argparse.ArgumentParser(add_help=False)
    module.add_arguments(parser)
    return parser._actions  # argparse offers no other list, least of all through groups


def summaries(package: str) -> str:
    """Returns a table of a package's commands, each with its first sentence."""
    chosen = {typed: module for typed, module in commands().items() if typed.startswith(f"python -m {package} ")}
    return table(["Command", "What"], ([f"`{typed}`", _paragraphs(module)[0]] for typed, module in chosen.items()))


def flags() -> str:
    """Returns a section for each command: what it does, its arguments, an example."""
    return "\n\n".join(_section(typed, module) for typed, module in commands().items())


def _section(typed: str, module: ModuleType) -> str:
    *texts, example = _paragraphs(module)
    rows = [[_shown(action), _help(action)] for action in arguments(module)]
    parts = [f"### {typed}", *texts, *([table(["Argument", "What"], rows)] if rows else [])]
    return "\n\n".join([*parts, f"```sh\n{example.removeprefix('Example: ')}\n```"])


def _paragraphs(module: ModuleType) -> list[str]:
    return (module.__doc__ or "").strip().split("\n\n")


def _name(module: ModuleType) -> str:
    return module.__name__.rpartition(".")[2].replace("_", "-")


def _shown(action: argparse.Action) -> str:
    value = str(action.metavar or action.dest.upper()) if action.option_strings else str(action.metavar or action.dest)
    words: Iterable[str] = (*action.option_strings[:1], *([value] if action.nargs != 0 else []))
    return f"`{' '.join(words)}`"


def _help(action: argparse.Action) -> str:
    return (action.help or "") % vars(action)
