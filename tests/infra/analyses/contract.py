"""What the analyses export, what their function reaches in the collection, and what rings for them."""

from __future__ import annotations

from tests.infra.contracts import Access, Exports

EXPORTS: Exports = {
    "analysis_queue_url": None,
    "analysis_dead_letter_queue_url": None,
    "analysis_success_destination": None,
    "analysis_failure_destination": None,
    "analysis_table": None,
    "analysis_results_bucket": None,
    "functions": {"scilearn", "scilearn_status"},
    "images": {"scilearn"},
}

SEARCHED = [
    "index/lab-search/lab-table",
    "index/lab-search/lab-table-dynamodb-stream",
    "index/lab-search/lab-table-kinesis-stream",
]

ACCESS: Access = {"scilearn-access": [(SEARCHED, ["aoss:DescribeIndex", "aoss:ReadDocument"], "scilearn")]}

ALARMS: set[str] = {
    f"scilearn-alarms-{suffix}"
    for suffix in (
        "request-age",
        "pipe-failures",
        "not-handed-over",
        "service-errors",
        "service-throttles",
        "event-age",
        "failed-requests",
        "unreported",
    )
}
