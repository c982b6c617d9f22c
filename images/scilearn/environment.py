"""The functions' settings, read once from an injected environment; all problems are told together."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from changefeed.errors import SettingsError
from lambda_kit.signing import check_endpoint

SMALLEST_MEMORY_MB = 512
"""Below it the libraries alone (about 290 MB with a model and a plot) leave no room for data."""
_LOCATION = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/(.*)")


@dataclass(frozen=True, kw_only=True)
class AnalysisEnvironment:
    """What the analysis function is told. `input_locations` are (bucket, key prefix) that requests may read."""

    region: str
    status_table: str
    results_bucket: str
    results_prefix: str
    input_locations: tuple[tuple[str, str], ...]
    search_endpoint: str | None
    search_alias: str | None
    search_row_limit: int
    memory_mb: int
    kept_seconds: int
    maximum_tries: int

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "AnalysisEnvironment":
        """Read the variables. Raises SettingsError that lists every missing or wrong one."""
        found = _Found(environ)
        locations = []
        for text in filter(None, environ.get("INPUT_LOCATIONS", "").split(",")):
            match = _LOCATION.fullmatch(text.strip())
            if match is None:
                found.problems.append("INPUT_LOCATIONS must be s3://bucket/prefix, more of them with commas between")
            else:
                locations.append((match[1], match[2]))
        endpoint, alias = environ.get("OPENSEARCH_ENDPOINT") or None, environ.get("OPENSEARCH_INDEX") or None
        if (endpoint is None) != (alias is None):
            found.problems.append("OPENSEARCH_ENDPOINT and OPENSEARCH_INDEX go together: set both or none")
        if endpoint and (problem := check_endpoint(endpoint)):
            found.problems.append(f"OPENSEARCH_ENDPOINT {problem}")
        settings = cls(
            region=found.text("AWS_REGION"),
            status_table=found.text("STATUS_TABLE"),
            results_bucket=found.text("RESULTS_BUCKET"),
            results_prefix=environ.get("RESULTS_PREFIX", "results/"),
            input_locations=tuple(locations),
            search_endpoint=endpoint,
            search_alias=alias,
            search_row_limit=found.number("SEARCH_ROW_LIMIT", 100_000, lowest=100, highest=10_000_000),
            memory_mb=found.number("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", None, lowest=SMALLEST_MEMORY_MB, highest=10_240),
            kept_seconds=86_400 * found.number("RESULT_DAYS", 30, lowest=1, highest=3_650),
            maximum_tries=1 + found.number("MAXIMUM_RETRY_ATTEMPTS", 2, lowest=0, highest=2),
        )
        found.raise_problems()
        return settings


@dataclass(frozen=True, kw_only=True)
class StatusEnvironment:
    """What the status function is told. `queue_retention_seconds` is the request queue's."""

    region: str
    status_table: str
    queue_retention_seconds: int
    link_seconds: int

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "StatusEnvironment":
        """Read the variables. Raises SettingsError that lists every missing or wrong one."""
        found = _Found(environ)
        settings = cls(
            region=found.text("AWS_REGION"),
            status_table=found.text("STATUS_TABLE"),
            queue_retention_seconds=found.number("QUEUE_RETENTION_SECONDS", None, lowest=60, highest=1_209_600),
            link_seconds=found.number("LINK_SECONDS", 900, lowest=60, highest=43_200),
        )
        found.raise_problems()
        return settings


class _Found:
    """Reads variables and remembers what is wrong with them."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.problems: list[str] = []

    def text(self, name: str) -> str:
        value = self._environ.get(name, "").strip()
        if not value:
            self.problems.append(f"{name} is not set")
        return value

    def number(self, name: str, default: int | None, *, lowest: int, highest: int) -> int:
        text = self._environ.get(name, "" if default is None else str(default))
        if not re.fullmatch("[0-9]{1,9}", text) or not lowest <= int(text) <= highest:
            self.problems.append(f"{name} must be a whole number from {lowest} to {highest}")
            return lowest
        return int(text)

    def raise_problems(self) -> None:
        if self.problems:
            raise SettingsError("Wrong environment variables: " + "; ".join(self.problems) + ".")
