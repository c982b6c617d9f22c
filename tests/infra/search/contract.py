"""What the collection exports."""

from __future__ import annotations

from tests.infra.contracts import Access, Exports

EXPORTS: Exports = {"collection_endpoint": None, "dashboards_url": None}

ACCESS: Access = {}

ALARMS: set[str] = set()
