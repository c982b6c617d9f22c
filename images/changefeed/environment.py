"""A consumer's settings, read once from the environment of its function."""

from collections.abc import Mapping
from dataclasses import dataclass

from lambda_kit.environment import Variables


@dataclass(frozen=True, kw_only=True)
class ConsumerEnvironment:
    """The settings of a sync function. `trust_seconds` 0: never write a record's image, always read the item."""

    endpoint: str
    index: str
    region: str
    table_name: str
    parking_queue_url: str
    second_delete_queue_url: str
    trust_seconds: float

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "ConsumerEnvironment":
        """Reads the variables. Raises SettingsError that lists every missing or wrong one."""
        variables = Variables(environ)
        settings = cls(
            endpoint=variables.endpoint("OPENSEARCH_ENDPOINT"),
            index=variables.text("OPENSEARCH_INDEX"),
            region=variables.text("AWS_REGION"),
            table_name=variables.text("TABLE_NAME"),
            parking_queue_url=variables.text("PARKING_QUEUE_URL"),
            second_delete_queue_url=variables.text("SECOND_DELETE_QUEUE_URL"),
            # Above 30 s a delete's guard in the index (60 s) could be forgotten before a stale image is written.
            trust_seconds=float(variables.number("TRUST_SECONDS", 30, lowest=0, highest=30)),
        )
        variables.raise_problems()
        return settings
