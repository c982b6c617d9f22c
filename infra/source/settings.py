"""The sections `table` and `stream`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from infra.base.section import PhysicalName, Problem, Section
from infra.base.values import RESOURCE_NAME


class TableSettings(Section):
    """The DynamoDB table. Capacities, in units a second, belong to `provisioned` alone."""

    name: str = Field(default="lab-table", min_length=3, max_length=255, pattern=RESOURCE_NAME)
    billing: Literal["on-demand", "provisioned"] = "on-demand"
    read_capacity: int | None = Field(default=None, ge=1, le=40_000, examples=["5"])
    write_capacity: int | None = Field(default=None, ge=1, le=40_000, examples=["5"])
    point_in_time_recovery: bool = True
    deletion_protection: bool = True

    def problems(self) -> Iterator[Problem]:
        """Yields capacities that are missing or don't belong."""
        for key, value in (("read_capacity", self.read_capacity), ("write_capacity", self.write_capacity)):
            yield from _only_provisioned("table", "billing", self.billing, key, value, "1 to 40000")

    def names(self) -> Iterator[PhysicalName]:
        """Yields the table's name."""
        yield PhysicalName(path=("table", "name"), name=self.name, limit=255, kind="table")


class StreamSettings(Section):
    """The Kinesis data stream that DynamoDB replicates its changes to."""

    name: str = Field(default="kinesis-stream-data-lab", min_length=1, max_length=128, pattern=RESOURCE_NAME)
    mode: Literal["on-demand", "provisioned"] = "on-demand"
    shard_count: int | None = Field(default=None, ge=1, le=10_000, examples=["1"])
    retention_hours: int = Field(default=24, ge=24, le=8760)

    def problems(self) -> Iterator[Problem]:
        """Yields a shard count that is missing or doesn't belong."""
        yield from _only_provisioned("stream", "mode", self.mode, "shard_count", self.shard_count, "1 to 10000")

    def names(self) -> Iterator[PhysicalName]:
        """Yields the stream's name."""
        yield PhysicalName(path=("stream", "name"), name=self.name, limit=128, kind="stream")


def _only_provisioned(
    section: str, mode_key: str, mode: str, key: str, value: int | None, allowed: str
) -> Iterator[Problem]:
    if mode == "provisioned" and value is None:
        message = f"is required when {section}.{mode_key} is provisioned ({allowed})"
    elif mode == "on-demand" and value is not None:
        message = f"is only allowed when {section}.{mode_key} is provisioned; remove it"
    else:
        return
    yield Problem(path=(section, key), message=message)
