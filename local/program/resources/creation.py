"""What every creator of a resource gets and gives."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from local.services.aws_client import aws_client
from local.services.function_containers import FunctionContainers

Inputs = Mapping[str, Any]
Created = tuple[str, dict[str, Any]]
"""A resource's id, and the outputs that its inputs don't hold."""


@dataclass(frozen=True, kw_only=True)
class StreamMapping:
    """An event source mapping as the program declared it; `local.stack` runs it."""

    uuid: str
    inputs: Inputs


@dataclass(frozen=True, kw_only=True)
class StreamingDestination:
    """A table's changes go to a Kinesis stream; `local.stack` forwards them."""

    table_name: str
    stream_arn: str


@dataclass(frozen=True, kw_only=True)
class QueuePipe:
    """A pipe from a queue to a function, as the program declared it; `local.runners.feeds` runs it."""

    name: str
    inputs: Inputs


@dataclass(kw_only=True)
class Cloud:
    """The embedded AWS, and what the program declared that runs outside it."""

    aws_endpoint_url: str
    opensearch_url: str
    region: str
    root: Path
    mappings: list[StreamMapping] = field(default_factory=list)
    destinations: list[StreamingDestination] = field(default_factory=list)
    pipes: list[QueuePipe] = field(default_factory=list)
    asynchronous: dict[str, Inputs] = field(default_factory=dict)
    """Asynchronous invocation as the program declared it, by function name; a function without has AWS's defaults."""

    image_commands: dict[str, str] = field(default_factory=dict)
    """The CMD of each image, by digest."""

    image_folders: dict[str, str] = field(default_factory=dict)
    """The folder of each image in images/, by digest."""

    bootstraps: dict[str, str] = field(default_factory=dict)
    """What starts each function, by its name."""

    containers: FunctionContainers | None = None
    """Where functions run in their containers; None: as processes of this machine."""

    account: str = "000000000000"

    @cached_property
    def _clients(self) -> dict[str, Any]:
        return {}

    def client(self, service: str) -> Any:
        """A boto3 client of the embedded AWS. Made once each: clients are safe to share among threads."""
        if service not in self._clients:
            self._clients[service] = aws_client(self.aws_endpoint_url, self.region, service)
        return self._clients[service]


Creator = Callable[[Cloud, str, Inputs], Created]


def physical_name(name: str, inputs: Inputs) -> str:
    """The given name, or the logical one where Pulumi would make one up."""
    return str(inputs.get("name") or name)


def declared_only(_cloud: Cloud, name: str, _inputs: Inputs) -> Created:
    """For settings that the embedded AWS has no use for (docs/local.md lists them)."""
    return name, {}
