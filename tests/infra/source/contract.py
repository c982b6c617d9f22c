"""What the source exports and what rings for it, with nothing configured."""

from __future__ import annotations

from tests.infra.contracts import Access, Exports

EXPORTS: Exports = {"table_name": None, "table_stream_arn": None, "kinesis_stream_name": None}

ACCESS: Access = {}

ALARMS: set[str] = {"source-table-alarms-not-replicated", "source-table-alarms-replication-age"}
