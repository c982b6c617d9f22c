"""The local stack's commands. `python -m local COMMAND --help` has an example of each."""

import argparse
import importlib
import os
import pkgutil
import sys
from types import ModuleType

import requests
from botocore.exceptions import BotoCoreError

from demo import demo
from local import commands
from local.errors import LocalStackError
from local.services.ports import LOOPBACK

DONE, PROBLEM, USAGE = 0, 1, 2
MODULE = "python -m local"


def _name(module: ModuleType) -> str:
    return module.__name__.rpartition(".")[2]


def command_modules() -> list[ModuleType]:
    """Returns every module of `local/commands` and the demo, by name: a new command is a new file there."""
    names = [found.name for found in pkgutil.iter_modules(commands.__path__)]
    modules = [importlib.import_module(f"{commands.__name__}.{name}") for name in names]
    return sorted([*modules, demo], key=_name)


COMMANDS = command_modules()


def main(arguments: list[str], *, prog: str = MODULE) -> int:
    """Runs a command. Returns the exit code: 0 done, 1 a problem was found, 2 wrong usage (argparse's own).

    `prog` is what the user has typed, for help and usage.
    """
    parser = argparse.ArgumentParser(
        prog=prog,
        description="The whole pipeline on this machine: an embedded AWS, a real OpenSearch node, the same program.",
        epilog=f"Example: {prog} up --detach && {prog} outputs --json",
    )
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for module in COMMANDS:
        summary, example = (module.__doc__ or "").split("\n\nExample: ", 1)
        sub = subparsers.add_parser(
            _name(module),
            help=summary.splitlines()[0],
            description=summary,
            epilog=f"Example: {example.replace(MODULE, prog)}",
        )
        module.add_arguments(sub)
        sub.set_defaults(run=module.run)
    options = parser.parse_args(arguments)
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]  # the user's profile or region has no meaning here
    # Everything is on the loopback; a proxy of the environment would be asked for it otherwise.
    direct = ",".join(filter(None, (os.environ.get("NO_PROXY") or os.environ.get("no_proxy"), LOOPBACK, "localhost")))
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = direct
    try:
        return int(options.run(options))
    except LocalStackError as error:
        print(error, file=sys.stderr)
        return PROBLEM
    except (BotoCoreError, requests.ConnectionError) as error:
        print(f"A service of the local stack does not answer ({type(error).__name__}).", file=sys.stderr)
        print("Its log is in .local/logs. Start afresh: python -m local down, then up.", file=sys.stderr)
        return PROBLEM
    except KeyboardInterrupt:
        return PROBLEM


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
