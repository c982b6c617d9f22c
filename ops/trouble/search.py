"""Turns what a collection answers instead of documents into cause and cure, for every error that an operator can meet.

Statuses and types were tried on OpenSearch 2.19.1 (`tests/ops/test_trouble_real_node.py`). Reasons are left out: they
may echo a document.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from opensearchpy.exceptions import SSLError, TransportError

from ops.stack import Consumer, Stack
from ops.trouble.trouble import Trouble

NO_ACCESS = (
    "A collection answers 403 until both are true: the caller's IAM role or user may do aoss:APIAccessAll on this "
    "collection, and the collection's data access policy names that role or user with index rights "
    "(aoss:DescribeIndex and aoss:ReadDocument to verify, aoss:WriteDocument to repair). A change of either "
    "acts after up to a minute. In a private collection it is also the answer to a caller outside its VPC endpoint. "
    "`python -m ops probe` says which right is missing."
)
GONE = "index_not_found_exception"


@dataclass(frozen=True, kw_only=True)
class Where:
    """What was asked for; what isn't known is empty. `flag` names the stack in the commands that a cure proposes."""

    index: str = ""
    endpoint: str = ""
    consumer: str = ""
    is_local: bool = False
    flag: str = ""

    @property
    def at(self) -> str:
        """Names the collection."""
        return f"the collection at {self.endpoint}" if self.endpoint else "the collection"

    @property
    def what(self) -> str:
        """Names the index, or the collection where no index is known."""
        return f"index {self.index}" if self.index else self.at


def where_of(stack: Stack, consumer: Consumer, flag: str = "") -> Where:
    """Says where a consumer's documents are."""
    return Where(
        index=consumer.index,
        endpoint=stack.search_endpoint,
        consumer=consumer.name,
        is_local=stack.is_local,
        flag=flag,
    )


@contextmanager
def told(where: Where) -> Iterator[None]:
    """Turns errors of the collection into troubles."""
    try:
        yield
    except TransportError as error:
        raise search_trouble(error, where) from error


def search_trouble(error: TransportError, where: Where | None = None) -> Trouble:
    """Names the cause by the error's status and type; the index by the answer itself where nothing else says it."""
    where = where or Where(index=_index_of(error))
    status, kind = error.args[0], str(error.args[1]) if len(error.args) > 1 else ""
    if status == "N/A":
        why = "its certificate is refused here" if isinstance(error, SSLError) else "it can't be reached from here"
        cure = "Is the endpoint right, and the stack up? A private collection answers only from inside its VPC."
        return Trouble(f"{where.what} did not answer ({type(error).__name__})", cause=f"{where.at}: {why}", cure=cure)
    if status == "TIMEOUT":
        cause = f"{where.at} has too much to do, or the way there loses answers"
        return Trouble(f"{where.what} did not answer in time", cause=cause, cure="Run it again; ask for less at once.")
    seen = f"{where.what} answered {status} {kind}".rstrip()
    if "index_closed" in kind:
        cause = f"{where.what} is closed: it takes no writes and answers no search"
        return Trouble(seen, cause=cause, cure=f"Open it: POST {where.index or 'INDEX'}/_open at {where.at}")
    if GONE in kind:
        return gone(where)
    if "cluster_block" in kind or "index_create_block" in kind:
        return _blocked(seen, where, full=status == 429)
    if status in (401, 403):
        return Trouble(seen, cause="the collection doesn't let this role or user in", cure=NO_ACCESS)
    if status == 429 or kind in ("rejected_execution_exception", "circuit_breaking_exception"):
        cure = "Wait, then run it again. If it stays: raise the collection's capacity limit."
        return Trouble(seen, cause=f"{where.at} has no capacity left for this", cure=cure)
    if isinstance(status, int) and status >= 500:
        return Trouble(seen, cause=f"{where.at} fails", cure="Run it again. If it stays: the collection's state.")
    more = f"More about it: python -m ops probe{where.flag}"
    return Trouble(seen, cause="the collection can't serve this index", cure=more)


def gone(where: Where) -> Trouble:
    """Says that an index isn't there."""
    cause = "it was never made, or somebody has deleted it, which Pulumi doesn't notice"
    fill = f" Then fill it: python -m ops backfill {where.consumer}{where.flag}" if where.consumer else ""
    return Trouble(f"there is no {where.what}", cause=cause, cure=f"Make it again: {_make_again(where)}.{fill}")


def _blocked(seen: str, where: Where, *, full: bool) -> Trouble:
    index = where.index or "INDEX"
    if full:
        cause = f"{where.what} takes no writes because the node's disk is full (flood stage)"
        return Trouble(seen, cause=cause, cure="Free disk space: the block goes by itself within a minute.")
    # One key a request: in a read-only index a settings request with two is blocked as well.
    cure = (
        f"GET {index}/_settings says which of index.blocks.* is on. End it, one a request: PUT {index}/_settings at "
        f'{where.at}, for example {{"index.blocks.read_only": null}}'
    )
    return Trouble(seen, cause=f"somebody has blocked {where.what} by a setting", cure=cure)


def _make_again(where: Where) -> str:
    """Writes the command that runs the creation of the index again; only Pulumi knows the resource's URN."""
    if where.is_local:
        return "python -m local down; python -m local up --detach"
    if not where.consumer:
        return "pulumi up"
    resource = f"{where.consumer.replace('_', '-')}-index-creation"
    return f"pulumi up --replace \"$(pulumi stack --show-urns | grep -o 'urn:.*::{resource}$')\""


def _index_of(error: TransportError) -> str:
    info: Any = error.args[2] if len(error.args) > 2 else None
    said = info.get("error") if isinstance(info, dict) else None
    return str(said.get("index") or "") if isinstance(said, dict) else ""
