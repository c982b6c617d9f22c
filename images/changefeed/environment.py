"""A consumer's settings, read once from an injected environment; all problems are told together."""

from collections.abc import Mapping
from dataclasses import dataclass

from changefeed.errors import SettingsError
from lambda_kit.signing import check_endpoint


@dataclass(frozen=True, kw_only=True)
class ConsumerEnvironment:
    """What a sync function is told. `trust_seconds` 0 means: never write a record's image, always read the item."""

    endpoint: str
    index: str
    region: str
    table_name: str
    parking_queue_url: str
    trust_seconds: float

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "ConsumerEnvironment":
        """Read the variables. Raises SettingsError that lists every missing or wrong one."""
        names = ("OPENSEARCH_ENDPOINT", "OPENSEARCH_INDEX", "AWS_REGION", "TABLE_NAME", "PARKING_QUEUE_URL")
        problems = [f"{name} is not set" for name in names if not environ.get(name)]
        endpoint = environ.get("OPENSEARCH_ENDPOINT", "")
        problem = check_endpoint(endpoint) if endpoint else None
        if problem:
            problems.append(f"OPENSEARCH_ENDPOINT {problem}")
        trust = environ.get("TRUST_SECONDS", "30")
        if not trust.isdecimal() or int(trust) > 30:
            # Above 30 s a delete's guard in the index (60 s) could be forgotten before a stale image is written.
            problems.append("TRUST_SECONDS must be a whole number from 0 to 30")
        if problems:
            raise SettingsError("Wrong environment variables: " + "; ".join(problems) + ".")
        return cls(
            endpoint=endpoint,
            index=environ["OPENSEARCH_INDEX"],
            region=environ["AWS_REGION"],
            table_name=environ["TABLE_NAME"],
            parking_queue_url=environ["PARKING_QUEUE_URL"],
            trust_seconds=float(trust),
        )
