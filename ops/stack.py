"""The deployed stack that a command works on: its outputs, and clients that reach it.

The outputs come from the running local stack (`--stack local`), from a file, or from the Pulumi CLI.
"""

import argparse
import json
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from cli import progress
from cli.environment import forget_aws
from cli.suggestion import did_you_mean
from lambda_kit.search_client import create_search_client
from local.layout import ROOT
from local.running import running_outputs
from local.services.aws_client import aws_client
from local.services.roles import Role
from ops.errors import OpsError, UsageError

LOCAL = "local"
NEEDED_OUTPUTS = ("table_name", "table_stream_arn", "collection_endpoint", "indexes")
CLI_SECONDS = 120


@dataclass(frozen=True, kw_only=True)
class Consumer:
    """One path from the table to an index. What the stack doesn't have for it is None."""

    name: str
    index: str
    function: str | None
    dead_letter_queue_url: str | None
    failure_destination_arn: str | None
    event_source_mapping: str | None


@dataclass(frozen=True, kw_only=True)
class Stack:
    """A stack by its outputs (README, "Exports"); `name` is for messages."""

    name: str
    outputs: dict[str, Any]

    @property
    def table_name(self) -> str:
        """The source table."""
        return str(self.outputs["table_name"])

    @property
    def region(self) -> str:
        """The table's region, from its stream's ARN."""
        return str(self.outputs["table_stream_arn"]).split(":")[3]

    @property
    def search_endpoint(self) -> str:
        """URL of the collection, or of the local stack's node."""
        return str(self.outputs.get("opensearch_url") or self.outputs["collection_endpoint"])

    @property
    def is_local(self) -> bool:
        """True for the embedded cloud: its AWS is on the loopback with an operator's role."""
        return "aws_endpoint_url" in self.outputs

    def client(self, service: str, *, config: Config | None = None) -> Any:
        """Makes a boto3 client. `config` is merged over five attempts and a pool of 50 connections."""
        merged = Config(
            retries={"mode": "standard", "total_max_attempts": 5}, max_pool_connections=50, connect_timeout=5
        ).merge(config or Config())
        if not self.is_local:
            return boto3.client(service, region_name=self.region, config=merged)
        return self._local_clients(service, config=merged)

    @cached_property
    def operator(self) -> Role | None:
        """The local stack's operator; None where the program declares no operators."""
        role_arn = self.outputs.get("operator_role_arn")
        return None if role_arn is None else Role(self.outputs["aws_endpoint_url"], self.region, role_arn)

    @cached_property
    def _local_clients(self) -> Callable[..., Any]:
        """Makes clients that act as the operator, or as root where there is none."""
        return (
            self.operator.client
            if self.operator
            else partial(aws_client, self.outputs["aws_endpoint_url"], self.region)
        )

    def search(self) -> Any:
        """Makes an `opensearchpy.OpenSearch` of the collection."""
        return create_search_client(self.search_endpoint, self.region)

    def consumer(self, name: str) -> Consumer:
        """Gives one consumer. Raises UsageError for a name that the stack doesn't have."""
        indexes = self.outputs["indexes"]
        if name not in indexes:
            raise UsageError(
                f"Stack {self.name} has no consumer {name!r}. It has: {', '.join(sorted(indexes))}."
                f"{did_you_mean(name, indexes)}"
            )

        def of(output: str) -> str | None:
            value = self.outputs.get(output, {}).get(name)
            return None if value is None else str(value)

        return Consumer(
            name=name,
            index=str(indexes[name]),
            function=of("functions"),
            dead_letter_queue_url=of("dead_letter_queues"),
            failure_destination_arn=of("failure_destinations"),
            event_source_mapping=of("event_source_mappings"),
        )

    def consumers(self, names: Sequence[str] = ()) -> list[Consumer]:
        """Gives these consumers, each once; all of them when none is named."""
        return [self.consumer(name) for name in dict.fromkeys(names or sorted(self.outputs["indexes"]))]


def add_stack_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds `--stack` and `--outputs`, for every command."""
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--stack", metavar="NAME", help="`local`, or a Pulumi stack (the selected one if not given)")
    which.add_argument("--outputs", metavar="FILE", help="the stack's outputs as a JSON file, where there is no CLI")


def open_stack(name: str | None, outputs_file: str | None) -> Stack:
    """Opens the stack of `--stack` or `--outputs`. Raises OpsError that says how to get its outputs."""
    if outputs_file is not None:
        return _checked(outputs_file, _read_file(Path(outputs_file)))
    if name == LOCAL:
        return _checked(LOCAL, running_outputs())
    return _checked(name or "(selected)", _ask_pulumi(name))


def _checked(name: str, outputs: object) -> Stack:
    if not isinstance(outputs, dict):
        raise OpsError(f"The outputs of {name} are not a JSON object: save them with `pulumi stack output --json`.")
    missing = [output for output in NEEDED_OUTPUTS if not outputs.get(output)]
    if missing:
        raise OpsError(f"{name} lacks the outputs {', '.join(missing)}: is it a stack of this program, and deployed?")
    stack = Stack(name=name, outputs=outputs)
    if stack.is_local:
        forget_aws()
    return stack


def _read_file(file: Path) -> object:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"--outputs {file}: {error.strerror}.") from error
    except ValueError as error:
        raise UsageError(f"--outputs {file} is not JSON: save it with `pulumi stack output --json`.") from error


def _ask_pulumi(name: str | None) -> object:
    cli = shutil.which("pulumi")
    if cli is None:
        raise OpsError(
            "The Pulumi CLI isn't installed, so the stack's outputs can't be asked for. Install it "
            "(https://www.pulumi.com/docs/install/), pass --outputs FILE, or use --stack local."
        )
    progress.stage("asking Pulumi for the outputs of the stack")
    command = [cli, "stack", "output", "--json", "--non-interactive", *(["--stack", name] if name else [])]
    try:
        answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=CLI_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise OpsError(f"`pulumi stack output` did not answer in {CLI_SECONDS} s: pass --outputs FILE.") from None
    if answer.returncode != 0:
        said = answer.stderr.strip().splitlines()[-1:] or ["nothing"]
        raise OpsError(
            f"`{' '.join(['pulumi', *command[1:]])}` failed: {said[0]} "
            "(`pulumi login` and `pulumi stack ls` show which stacks exist; --outputs FILE goes without the CLI)."
        )
    try:
        return json.loads(answer.stdout)
    except ValueError:
        raise OpsError("`pulumi stack output --json` did not print JSON: pass --outputs FILE.") from None
