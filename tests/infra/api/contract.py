"""What the API exports, what its function reaches in the collection, and what rings for it."""

from __future__ import annotations

from tests.infra.contracts import Access, Exports

EXPORTS: Exports = {"api_url": None, "functions": {"table_api"}, "images": {"table_api"}}

SEARCHED = [
    "index/lab-search/lab-table",
    "index/lab-search/lab-table-dynamodb-stream",
    "index/lab-search/lab-table-kinesis-stream",
]

ACCESS: Access = {"api-access": [(SEARCHED, ["aoss:DescribeIndex", "aoss:ReadDocument"], "api-function")]}

ALARMS: set[str] = {"api-alarms-api-errors"}
