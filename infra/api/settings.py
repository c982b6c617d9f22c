"""The sections `api` and `table_api`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from infra.base.section import FunctionSettings, PhysicalName, Section
from infra.base.values import RESOURCE_NAME, FunctionName, MemoryMegabytes


class ApiSettings(Section):
    """The REST API in front of the table. Rates are requests a second, the burst is requests.

    `account_log_role`: API Gateway writes logs with one role per account and region; turn this off where
    another stack already looks after it.
    """

    name: str = Field(default="dynamodb-api-gw", min_length=1, max_length=128, pattern=RESOURCE_NAME)
    authorization: Literal["iam", "api_key"] = "iam"
    throttle_rate: float = Field(default=100, gt=0, le=10_000)
    throttle_burst: int = Field(default=200, ge=1, le=5_000)
    stage: str = Field(default="v1", min_length=1, max_length=128, pattern=r"^[A-Za-z0-9_]+$")
    account_log_role: bool = True

    def names(self) -> Iterator[PhysicalName]:
        """Yields the API's name."""
        yield PhysicalName(path=("api", "name"), name=self.name, limit=128, kind="api")


class TableApiSettings(FunctionSettings):
    """The function behind the REST API, which gives up on an integration after 29 s.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
    """

    function_name: FunctionName = "table-api"
    memory_mb: MemoryMegabytes = 512
    timeout_seconds: int = Field(default=15, ge=1, le=28)

    def names(self) -> Iterator[PhysicalName]:
        """Yields the function's name."""
        yield from self.function_names("table_api")
