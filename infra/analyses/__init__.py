"""Analyses on request: SciLearn behind a queue, asked for and answered by the API."""

from __future__ import annotations

from infra.analyses.service import FOLDER, AnalysisService
from infra.analyses.settings import AnalysesSettings
from infra.capability import Capability
from infra.kit import Kit
from infra.search.target import Searchable, SearchTarget


def declare(kit: Kit, own: AnalysesSettings, searchable: Searchable, target: SearchTarget) -> Capability:
    """Declares the service; nothing where it is switched off."""
    if not own.enabled:
        return Capability()
    image_uri = kit.image(FOLDER, own)
    made = AnalysisService(
        "analyses", kit, own, image_uri=image_uri, searchable=searchable, target=target, opts=kit.opts
    )
    service = made.service
    return Capability(
        exports={
            "analysis_queue_url": service.requests.url,
            "analysis_dead_letter_queue_url": service.not_handed_over.url,
            "analysis_success_destination": service.success.arn,
            "analysis_failure_destination": service.failure.arn,
            "analysis_table": made.statuses.name,
            "analysis_results_bucket": made.results.name,
            "functions": {FOLDER: service.function.function_name, f"{FOLDER}_status": made.status.function_name},
            "images": {FOLDER: image_uri},
        },
        # `ops resend` sends requests again and reads what became of them; `ops smoke` looks whether they are taken.
        operator_rights=[*service.operator_rights, service.requests.may_resend, made.statuses.may_read],
        routes=[made.routes],
        alarms=service.alarms,
    )
