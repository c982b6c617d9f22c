"""The operations' commands. `python -m ops COMMAND --help` has an example of each."""

import argparse
import importlib
import os
import pkgutil
import sys
from types import ModuleType

from botocore.exceptions import BotoCoreError, ClientError
from opensearchpy.exceptions import OpenSearchException, TransportError

from changefeed.errors import SyncError
from lambda_kit.errors import SettingsError
from local.errors import LocalStackError
from ops import commands
from ops.errors import OpsError, UsageError
from ops.trouble.aws import AWS_TROUBLE, aws_trouble
from ops.trouble.search import search_trouble

DONE, PROBLEM, USAGE = 0, 1, 2
MODULE = "python -m ops"
REPORTED = (OpsError, LocalStackError, SyncError, SettingsError, BotoCoreError, ClientError, OpenSearchException)
LOOPBACK = "127.0.0.1,localhost"


def main(arguments: list[str], *, prog: str = MODULE) -> int:
    """Runs a command. Returns the exit code: 0 done, 1 a problem was found, 2 wrong usage (argparse's own).

    `prog` is what the user has typed, for help and usage.
    """
    options = build_parser(prog).parse_args(arguments)
    # The local stack is on the loopback: a proxy that the environment names must not be asked for it.
    for name in ("NO_PROXY", "no_proxy"):
        os.environ[name] = ",".join(filter(None, (os.environ.get(name), LOOPBACK)))
    try:
        return int(options.run(options))
    except UsageError as error:
        print(error, file=sys.stderr)
        return USAGE
    except REPORTED as error:
        print(explain(error), file=sys.stderr)
        return PROBLEM
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return PROBLEM


def build_parser(prog: str = MODULE) -> argparse.ArgumentParser:
    """Makes the parser with every command of `ops/commands`."""
    parser = argparse.ArgumentParser(
        prog=prog,
        description="Prove, repair, fill and look after a deployed stack.",
        epilog=f"Example: {prog} verify --stack local",
    )
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for module in command_modules():
        name = module.__name__.rpartition(".")[2].replace("_", "-")
        summary, example = (module.__doc__ or "").split("\n\nExample: ", 1)
        sub = subparsers.add_parser(
            name,
            help=summary.splitlines()[0],
            description=summary,
            epilog=f"Example: {example.replace(MODULE, prog)}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.add_arguments(sub)
        sub.set_defaults(run=module.run)
    return parser


def command_modules() -> list[ModuleType]:
    """Imports every module of `ops/commands`, by name: a new command is a new file there and nothing else."""
    names = sorted(module.name for module in pkgutil.iter_modules(commands.__path__))
    return [importlib.import_module(f"{commands.__name__}.{name}") for name in names]


def explain(error: Exception) -> str:
    """Says what went wrong, and for a service's errors why, and what to do: their own words may echo content."""
    if isinstance(error, TransportError):
        return str(search_trouble(error))
    if isinstance(error, AWS_TROUBLE):
        return str(aws_trouble("AWS did not do its part", error))
    return str(error)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
