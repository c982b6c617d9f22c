"""The table of the resource types that the local stack can make, from its creators."""

from itertools import groupby

from local.program.resources import CREATORS
from local.program.resources.creation import declared_only
from tools.reference.markdown import table


def family(type_: str) -> str:
    """Returns what a type token begins with: `aws:sqs` of `aws:sqs/queue:Queue`."""
    return type_.partition("/")[0] if "/" in type_ else type_.partition(":")[0]


def emulated() -> str:
    """Returns a table of the types by family: those that are made, and those that are only declared."""
    groups = {name: list(types) for name, types in groupby(sorted(CREATORS, key=family), key=family)}
    return table(
        ["Types", "Made", "Declared only"],
        ([f"`{name}`", _names(types, declared=False), _names(types, declared=True)] for name, types in groups.items()),
    )


def _names(types: list[str], *, declared: bool) -> str:
    chosen = [type_ for type_ in types if (CREATORS[type_] is declared_only) == declared]
    return ", ".join(f"`{type_.rpartition(':')[2]}`" for type_ in sorted(chosen))
