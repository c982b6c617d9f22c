"""Defines what every creator of a resource gets and returns."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botocore.config import Config

from local.errors import LocalStackError
from local.runners.part import Part
from local.services.aws_client import aws_client
from local.services.function_containers import FunctionContainers
from local.services.roles import Role

LAMBDA, PIPES = "lambda.amazonaws.com", "pipes.amazonaws.com"
Inputs = Mapping[str, Any]
Created = tuple[str, dict[str, Any]]
"""A resource's id, and the outputs that its inputs don't hold."""


@dataclass(kw_only=True)
class Cloud:
    """The embedded AWS, and what the program declared that runs outside it."""

    aws_endpoint_url: str
    opensearch_url: str
    region: str
    root: Path
    authorise: bool = False
    """Whether a call needs a right there, so that services and functions have to act with their roles."""

    exports: dict[str, Any] = field(default_factory=dict)
    """The program's exports, as soon as all of it is deployed."""

    parts: list[Part] = field(default_factory=list)
    """What runs outside the embedded AWS; see `add_part`."""

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
    clients: dict[str, Any] = field(default_factory=dict)
    """boto3 clients by service, as far as they were asked for."""

    _makers: list[Callable[[], Part]] = field(default_factory=list)

    def client(self, service: str) -> Any:
        """Returns a boto3 client of the embedded AWS, made once each: threads may share it."""
        if service not in self.clients:
            self.clients[service] = self.new_client(service)
        return self.clients[service]

    def new_client(self, service: str, *, config: Config | None = None) -> Any:
        """Makes a boto3 client of the embedded AWS."""
        return aws_client(self.aws_endpoint_url, self.region, service, config=config)

    def clients_of(self, role_arn: str, service: str, *, source_arn: str | None = None) -> Callable[..., Any]:
        """Returns what makes clients for a service of AWS that acts in a role, maybe for one resource only.

        Lambda's own calls of Lambda, its invocations, need no role.
        """
        if not self.authorise:
            return self.new_client
        role = Role(self.aws_endpoint_url, self.region, role_arn, service=service, source_arn=source_arn)

        def client(name: str, *, config: Config | None = None) -> Any:
            is_own = (service, name) == (LAMBDA, "lambda")
            return self.new_client(name, config=config) if is_own else role.client(name, config=config)

        return client

    def add_part(self, make: Callable[[], Part]) -> None:
        """Adds a part. It is made when everything is deployed: what it needs exists then, and one thread makes it."""
        self._makers.append(make)

    def make_parts(self) -> list[Part]:
        """Makes what was added. Raises LocalStackError for two parts of the same kind and name."""
        for make in self._makers:
            self._keep(make())
        return self.parts

    def shared_part(self, kind: str, name: str, make: Callable[[], Part]) -> Part:
        """Returns the part of this kind and name, which several others hand over to; makes it the first time."""
        found = next((part for part in self.parts if (part.kind, part.name) == (kind, name)), None)
        return found or self._keep(make())

    def _keep(self, part: Part) -> Part:
        if any((known.kind, known.name) == (part.kind, part.name) for known in self.parts):
            raise LocalStackError(f"Two parts of the local stack are called {part.kind} {part.name}.")
        self.parts.append(part)
        return part


Creator = Callable[[Cloud, str, Inputs], Created]


def physical_name(name: str, inputs: Inputs) -> str:
    """Returns the given name, or the logical one where Pulumi would make one up."""
    return str(inputs.get("name") or name)


def declared_only(_cloud: Cloud, name: str, _inputs: Inputs) -> Created:
    """Makes nothing, for settings that the embedded AWS has no use for (docs/local.md lists them)."""
    return name, {}
