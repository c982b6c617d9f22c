"""Looks where the readers' alias points: an index that equals its table is no use to who searches another one."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from opensearchpy.exceptions import NotFoundError, TransportError

from ops.identity import NOT_TOLD


@dataclass(frozen=True, kw_only=True)
class Readers:
    """Where the alias points. `problem` is a sentence, "" where all is well; `is_known` is False where it is hidden."""

    alias: str
    indexes: tuple[str, ...]
    is_known: bool
    problem: str

    def as_json(self) -> dict[str, Any]:
        """Gives it as plain values, for JSON."""
        return asdict(self)

    def describe(self, compared: Sequence[str]) -> str:
        """Says it in a line; `compared` are the indexes of this run."""
        if self.problem:
            return f"Readers: {self.problem}"
        if not self.is_known:
            return f"Readers: where the alias {self.alias} points isn't told to this caller, so that isn't proven."
        missed = "" if set(self.indexes) <= set(compared) else ", which was not compared now"
        return f"Readers search {self.indexes[0]} by the alias {self.alias}{missed}."


def readers_of(client: Any, alias: str, fed: Sequence[str]) -> Readers:
    """Asks by an opensearch-py client. `fed` are the indexes that consumers fill. Raises where nothing answers."""
    try:
        indexes = tuple(sorted(client.indices.get_alias(name=alias)))
    except TransportError as error:
        if not isinstance(error, NotFoundError) and error.args[0] not in NOT_TOLD:
            raise
        problem = ""
        if isinstance(error, NotFoundError):
            problem = f"there is no alias {alias}, so no search finds anything. POST _aliases: add it to {fed[0]}."
        return Readers(alias=alias, indexes=(), is_known=bool(problem), problem=problem)
    problem = ""
    if strange := sorted(set(indexes) - set(fed)):
        problem = f"the alias {alias} points at {', '.join(strange)}, which no consumer fills. Move it: POST _aliases."
    elif len(indexes) > 1:
        problem = f"the alias {alias} points at {', '.join(indexes)}: items are found twice. Leave one: POST _aliases."
    return Readers(alias=alias, indexes=indexes, is_known=True, problem=problem)
