"""The function's settings, read once from an environment that is handed in."""

from collections.abc import Mapping
from dataclasses import dataclass


class MissingVariableError(Exception):
    """A variable that the deployment must set is absent or blank; the message names it."""


@dataclass(frozen=True, kw_only=True)
class Environment:
    """Where the table and its index are; `opensearch_index` is the alias that readers use."""

    table_name: str
    opensearch_endpoint: str
    opensearch_index: str
    region: str

    @classmethod
    def from_variables(cls, variables: Mapping[str, str]) -> "Environment":
        """Reads TABLE_NAME, OPENSEARCH_ENDPOINT, OPENSEARCH_INDEX and AWS_REGION (which Lambda sets itself)."""

        def required(name: str) -> str:
            value = variables.get(name, "").strip()
            if not value:
                raise MissingVariableError(f"The environment variable {name} is not set: table_api can't start.")
            return value

        return cls(
            table_name=required("TABLE_NAME"),
            opensearch_endpoint=required("OPENSEARCH_ENDPOINT"),
            opensearch_index=required("OPENSEARCH_INDEX"),
            region=required("AWS_REGION"),
        )
