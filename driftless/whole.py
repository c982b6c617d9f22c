"""What needs every command at once: the help, mistakes, completion; and the trial, which is in no group."""

import argparse
import contextlib
import importlib
from collections.abc import Sequence

import shtab

from cli.help import help_of
from local.__main__ import PROGRAM as LOCAL
from local.layout import ROOT
from ops.__main__ import PROGRAM as OPS
from tools.trial import __main__ as trial_command

SHELLS = ("bash", "zsh", "fish")
GROUPS = {"local": (LOCAL, "the whole pipeline on this machine"), "ops": (OPS, "operators' commands for a stack")}
PATHS = {"FILE": shtab.FILE, "DIR": shtab.DIRECTORY}
"""What a shell completes a value to, by the placeholder that stands for it in the help."""


def main(arguments: Sequence[str], *, prog: str) -> int:
    """Runs what is in no group. Returns the exit code: 0 done, 1 a problem was found, 2 wrong usage."""
    parser = build_parser(prog)
    options = parser.parse_args(arguments)
    if options.group == "completion":
        print(shtab.complete(parser, options.shell))
        return 0
    with contextlib.chdir(ROOT):  # Pulumi and the trial's settings file are at home there; it takes no path of a user
        return trial_command.main()


def build_parser(prog: str) -> argparse.ArgumentParser:
    """Makes the parser from the commands' modules: a new command is in it without a line here."""
    parser = argparse.ArgumentParser(
        prog=prog,
        description="Keeps an OpenSearch index equal to a DynamoDB table: every command, from any folder.",
        epilog="Example: driftless local up --detach && driftless ops verify --stack local",
    )
    groups = parser.add_subparsers(dest="group", required=True, metavar="COMMAND")
    for name, (program, what) in GROUPS.items():
        commands = groups.add_parser(name, help=what).add_subparsers(dest="command", required=True)
        for command, module in program.commands.items():
            one = commands.add_parser(command, help=help_of(module).summary)
            importlib.import_module(module).add_arguments(one)
            for action in one._actions:  # argparse offers no other list, least of all through groups
                if action.metavar in PATHS:
                    action.complete = PATHS[action.metavar]  # type: ignore[attr-defined]  # as shtab wants it
    trial = (trial_command.__doc__ or "").splitlines()[0]
    groups.add_parser("trial", help="deploys to your AWS account, proves it, and destroys it", description=trial)
    completion = groups.add_parser(
        "completion",
        help="print what completes this command in a shell",
        epilog='Example: eval "$(driftless completion bash)"',
    )
    completion.add_argument("shell", choices=SHELLS)
    return parser
