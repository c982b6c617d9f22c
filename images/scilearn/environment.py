"""The settings of both functions, read once from their environments."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from lambda_kit.environment import Variables

SMALLEST_MEMORY_MB = 512
"""Below it the libraries alone (about 290 MB with a model and a plot) leave no room for data."""
_LOCATION = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/(.*)")


@dataclass(frozen=True, kw_only=True)
class AnalysisEnvironment:
    """The settings of the analysis function. `input_locations` are (bucket, key prefix) that requests may read."""

    region: str
    status_table: str
    results_bucket: str
    results_prefix: str
    input_locations: tuple[tuple[str, str], ...]
    search_endpoint: str | None
    search_alias: str | None
    memory_mb: int
    kept_seconds: int
    maximum_tries: int

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "AnalysisEnvironment":
        """Reads the variables. Raises SettingsError that lists every missing or wrong one."""
        variables = Variables(environ)
        endpoint, alias = variables.optional_endpoint("OPENSEARCH_ENDPOINT"), variables.optional("OPENSEARCH_INDEX")
        if (endpoint is None) != (alias is None):
            variables.problems.append("OPENSEARCH_ENDPOINT and OPENSEARCH_INDEX go together: set both or none")
        settings = cls(
            region=variables.text("AWS_REGION"),
            status_table=variables.text("STATUS_TABLE"),
            results_bucket=variables.text("RESULTS_BUCKET"),
            results_prefix=environ.get("RESULTS_PREFIX", "results/"),
            input_locations=_locations(variables),
            search_endpoint=endpoint,
            search_alias=alias,
            memory_mb=variables.number(
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", None, lowest=SMALLEST_MEMORY_MB, highest=10_240
            ),
            kept_seconds=86_400 * variables.number("RESULT_DAYS", 30, lowest=1, highest=3_650),
            maximum_tries=1 + variables.number("MAXIMUM_RETRY_ATTEMPTS", 2, lowest=0, highest=2),
        )
        variables.raise_problems()
        return settings


@dataclass(frozen=True, kw_only=True)
class StatusEnvironment:
    """The settings of the status function. `queue_retention_seconds` is the request queue's."""

    region: str
    status_table: str
    queue_retention_seconds: int
    link_seconds: int

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "StatusEnvironment":
        """Reads the variables. Raises SettingsError that lists every missing or wrong one."""
        variables = Variables(environ)
        settings = cls(
            region=variables.text("AWS_REGION"),
            status_table=variables.text("STATUS_TABLE"),
            queue_retention_seconds=variables.number("QUEUE_RETENTION_SECONDS", None, lowest=60, highest=1_209_600),
            link_seconds=variables.number("LINK_SECONDS", 900, lowest=60, highest=43_200),
        )
        variables.raise_problems()
        return settings


def _locations(variables: Variables) -> tuple[tuple[str, str], ...]:
    locations = []
    for text in filter(None, (variables.optional("INPUT_LOCATIONS") or "").split(",")):
        match = _LOCATION.fullmatch(text.strip())
        if match is None:
            variables.problems.append("INPUT_LOCATIONS must be s3://bucket/prefix, more of them with commas between")
        else:
            locations.append((match[1], match[2]))
    return tuple(locations)
