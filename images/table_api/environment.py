"""The API's settings, read once from the environment of its function."""

from collections.abc import Mapping
from dataclasses import dataclass

from lambda_kit.environment import Variables


@dataclass(frozen=True, kw_only=True)
class ApiEnvironment:
    """Where the table and its index are; `opensearch_index` is the alias that readers use."""

    table_name: str
    opensearch_endpoint: str
    opensearch_index: str
    region: str

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "ApiEnvironment":
        """Reads the variables. Raises SettingsError that lists every missing or wrong one."""
        variables = Variables(environ)
        settings = cls(
            table_name=variables.text("TABLE_NAME"),
            opensearch_endpoint=variables.endpoint("OPENSEARCH_ENDPOINT"),
            opensearch_index=variables.text("OPENSEARCH_INDEX"),
            region=variables.text("AWS_REGION"),
        )
        variables.raise_problems()
        return settings
