"""What every check works on: the stack, the patience, and the items that this run may write."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ops.smoke.api import ItemApi
from ops.stack import Consumer, Stack
from ops.trouble.search import Where, where_of
from ops.verify.index_walk import Index

PREFIX = "smoke-"
"""How the id of every item of a smoke test begins. The operators' rights to write end here (`rights.dynamodb`)."""
Attributes = dict[str, Any]
"""An item, as DynamoDB JSON."""


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long each kind of waiting may take, in seconds, and how many items a burst has."""

    arrival: float
    search: float
    analysis: float
    settle: float
    burst: int


@dataclass(kw_only=True)
class Scene:
    """One run. `say` shows what it waits for; `flag` names the stack in the commands that a cure proposes."""

    stack: Stack
    patience: Patience
    say: Callable[[str], None] = lambda _: None
    flag: str = ""
    sleep: Callable[[float], None] = time.sleep
    run_id: str = field(default_factory=lambda: secrets.token_hex(4))
    written: dict[str, Attributes] = field(default_factory=dict)
    """Ids that this run has written, or may have: all of them are deleted at its end."""
    letters_before: dict[str, int] = field(default_factory=dict)
    """How many dead letters each place had at the start."""
    feeds_before: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What each feed of a local stack had counted at the start."""

    @cached_property
    def api(self) -> ItemApi:
        """The stack's API, called as its authorization wants it."""
        return ItemApi(self.stack, self.logs("table_api"))

    @cached_property
    def indexes(self) -> dict[str, Index]:
        """Each consumer's index, opened. Raises what `Index` raises."""
        return {each.name: Index(self.stack.search(), each.index) for each in self.stack.consumers()}

    @cached_property
    def dynamodb(self) -> Any:
        """A boto3 client of the table."""
        return self.stack.client("dynamodb")

    def item(self, name: str, attributes: Attributes) -> Attributes:
        """Makes an item of this run, and notes it for the cleaning up."""
        item = {"id": {"S": f"{PREFIX}{self.run_id}-{name}"}, **attributes}
        self.written[item["id"]["S"]] = item
        return item

    def command(self, text: str) -> str:
        """Writes an operator's command for this very stack."""
        return f"python -m ops {text}{self.flag}"

    def where(self, consumer: Consumer) -> Where:
        """Says where a consumer's documents are, for troubles with them."""
        return where_of(self.stack, consumer, self.flag)

    @property
    def remake(self) -> str:
        """Writes the command that makes again what somebody has deleted."""
        return "python -m local down; python -m local up --detach" if self.stack.is_local else "pulumi up --refresh"

    def logs(self, function: str) -> str:
        """Writes the command that shows a function's log."""
        name = self.stack.outputs.get("functions", {}).get(function, function)
        return (
            f"python -m local logs {name}" if self.stack.is_local else f"aws logs tail /aws/lambda/{name} --since 15m"
        )
