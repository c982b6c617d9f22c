"""All settings of a stack: one field a section, and the few keys that belong to no capability."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from infra.analyses.settings import AnalysesSettings
from infra.api.settings import ApiSettings, TableApiSettings
from infra.base.alarm import AlarmSettings
from infra.base.section import Problem, Section
from infra.base.values import PREFIX, IndexName, RetentionDays
from infra.operators.settings import OperatorsSettings
from infra.parts.container_image import ImagesSettings
from infra.search.settings import CollectionSettings
from infra.source.settings import StreamSettings, TableSettings
from infra.sync.settings import BackfillSettings, ConsumersSettings, SecondDeleteSettings

# https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
TagKey = Annotated[str, Field(max_length=128, pattern=r"^[\w .:/=+@-]+$")]
TagValue = Annotated[str, Field(max_length=256, pattern=r"^[\w .:/=+@-]*$")]
OWN_TAGS = ("project", "stack")  # every resource has them; a setting may replace their values


class Settings(Section):
    """Every setting of the stack; an empty configuration deploys the workshop's names."""

    name_prefix: str = Field(default="", max_length=20, pattern=PREFIX)
    protect: bool = True
    architecture: Literal["arm64", "x86_64"] = "arm64"
    tags: dict[TagKey, TagValue] = Field(default_factory=dict, max_length=40, examples=["{team: search}"])
    log_retention_days: RetentionDays = 30
    table: TableSettings = TableSettings()
    stream: StreamSettings = StreamSettings()
    collection: CollectionSettings = CollectionSettings()
    images: ImagesSettings = ImagesSettings()
    reader_alias: IndexName = "lab-table"
    api: ApiSettings = ApiSettings()
    consumers: ConsumersSettings = ConsumersSettings()
    table_api: TableApiSettings = TableApiSettings()
    backfill: BackfillSettings = BackfillSettings()
    second_delete: SecondDeleteSettings = SecondDeleteSettings()
    analyses: AnalysesSettings = AnalysesSettings()
    alarms: AlarmSettings = AlarmSettings()
    operators: OperatorsSettings = OperatorsSettings()
    aws_endpoint_url: str = Field(default="", pattern=r"^(https?://[^/]+)?$", examples=["http://127.0.0.1:4566"])

    @property
    def sections(self) -> list[Section]:
        """Every section."""
        values = (getattr(self, key) for key in type(self).model_fields)
        return [value for value in values if isinstance(value, Section)]

    def problems(self) -> Iterator[Problem]:
        """Yields tags that AWS refuses: to IAM two keys that differ by case alone are one (aws-cdk, issue 26253)."""
        known = {key: key for key in OWN_TAGS}
        for key in self.tags:
            if key.lower().startswith("aws:"):
                yield Problem(path=("tags", key), message="must not begin with aws:, which AWS keeps for itself")
            if (other := known.setdefault(key.lower(), key)) != key:
                message = f"is the tag {other} in another case, and IAM refuses a role with both: write {other}"
                yield Problem(path=("tags", key), message=message)
