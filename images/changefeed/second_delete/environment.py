"""The settings of the function that looks at deletes again."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from lambda_kit.environment import Variables


@dataclass(frozen=True, kw_only=True)
class SecondDeleteEnvironment:
    """The table, and the indexes that the function may write to."""

    endpoint: str
    region: str
    table_name: str
    indexes: tuple[str, ...]

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "SecondDeleteEnvironment":
        """Reads the variables; `INDEXES` is a JSON list. Raises SettingsError that lists every wrong one."""
        variables = Variables(environ)
        settings = cls(
            endpoint=variables.endpoint("OPENSEARCH_ENDPOINT"),
            region=variables.text("AWS_REGION"),
            table_name=variables.text("TABLE_NAME"),
            indexes=_indexes(variables),
        )
        variables.raise_problems()
        return settings


def _indexes(variables: Variables) -> tuple[str, ...]:
    try:
        indexes = json.loads(variables.text("INDEXES") or "[]")
    except ValueError:
        indexes = None
    if not isinstance(indexes, list) or not all(isinstance(index, str) for index in indexes):
        variables.problems.append("INDEXES is not a JSON list of index names")
        return ()
    return tuple(indexes)
