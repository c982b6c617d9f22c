"""AnalysisService: SciLearn behind its queue, its statuses and results, and the function that serves them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi

from infra.analyses.settings import STATUS_FUNCTION_SUFFIX, AnalysesSettings
from infra.analyses.status_operation import STATUS
from infra.analyses.statuses import StatusTable
from infra.base.routes import QueueRoutes
from infra.kit import Kit
from infra.parts.image_function import ImageFunction, ImageFunctionArgs
from infra.parts.private_bucket import PrivateBucket, PrivateBucketArgs
from infra.queued.sender import sender_role
from infra.queued.service import QueuedService, Work
from infra.rights import aoss
from infra.search.access import grant
from infra.search.target import Searchable, SearchTarget

FOLDER = "scilearn"
RESULTS_PREFIX = "results/"
_MODEL = Path(__file__).resolve().parents[2] / "images" / FOLDER / "api_model.json"
_STATUS_COMMAND = "scilearn.status_handler.handler"
# The status function reads an item and signs links: the size of the API's other function, with the gateway's patience.
_STATUS_MEMORY_MB = 512
_STATUS_TIMEOUT_SECONDS = 15


class AnalysisService(pulumi.ComponentResource):
    """The queued service, its status table, its bucket of results and its status function."""

    service: QueuedService
    status: ImageFunction
    statuses: StatusTable
    results: PrivateBucket
    routes: QueueRoutes

    def __init__(
        self,
        name: str,
        kit: Kit,
        own: AnalysesSettings,
        *,
        image_uri: pulumi.Input[str],
        searchable: Searchable,
        target: SearchTarget,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("driftless:index:AnalysisService", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        status = kit.function(
            own,
            image_uri,
            suffix=STATUS_FUNCTION_SUFFIX,
            memory_mb=_STATUS_MEMORY_MB,
            timeout_seconds=_STATUS_TIMEOUT_SECONDS,
        )
        self.statuses = StatusTable(f"{name}-status", kit, status.function_name, parent=self)
        self.results = PrivateBucket(
            f"{name}-results",
            PrivateBucketArgs(forget_prefix=RESULTS_PREFIX, forget_days=own.result_days, protect=kit.protect),
            opts=child,
        )
        work = Work(
            function=kit.function(own, image_uri),
            description="Analyses rows, objects or the index, a request an invocation",
            environment=self._environment(own, searchable, target),
            statements=[
                self.statuses.may_keep,
                self.results.may_write(RESULTS_PREFIX),
                *(self.results.may_read_of(bucket, prefix) for bucket, prefix in own.input_places),
                *([target.may_use] if own.search_input else []),
            ],
            network=target.network,
            file_system=own.file_system.mounted,
        )
        self.service = QueuedService(FOLDER, kit, own, work, child)
        if own.search_input:
            reading = aoss.on_indexes(target.collection, searchable.names, aoss.READ_DOCUMENTS)
            grant(FOLDER, target.collection, [self.service.function.role_arn], [reading], parent=self)
        self.status = ImageFunction(
            f"{FOLDER}-status",
            ImageFunctionArgs(
                spec=status,
                description="Reports what became of an analysis, with links to its results",
                command=_STATUS_COMMAND,
                environment={
                    "STATUS_TABLE": self.statuses.name,
                    "QUEUE_RETENTION_SECONDS": str(own.queue_retention_seconds),
                    "LINK_SECONDS": str(own.link_seconds),
                },
                # The links carry the right to read results.
                statements=[self.statuses.may_read, self.results.may_read(RESULTS_PREFIX)],
                network=target.network,
            ),
            opts=child,
        )
        self.routes = QueueRoutes(
            path="analyses",
            what="Asks for an analysis; nobody waits for it, its status says when it is done.",
            model="AnalysisRequest",
            schema=api_model(),
            status=STATUS,
            queue_arn=self.service.requests.arn,
            sender_role_arn=sender_role(f"{FOLDER}-sender", self.service.requests, parent=self),
            status_function_name=self.status.function_name,
            status_invoke_arn=self.status.invoke_arn,
        )
        self.register_outputs({"analysis_table": self.statuses.name, "analysis_results_bucket": self.results.name})

    def _environment(
        self, own: AnalysesSettings, searchable: Searchable, target: SearchTarget
    ) -> Mapping[str, pulumi.Input[str]]:
        environment: dict[str, pulumi.Input[str]] = {
            "STATUS_TABLE": self.statuses.name,
            "RESULTS_BUCKET": self.results.name,
            "RESULTS_PREFIX": RESULTS_PREFIX,
            "RESULT_DAYS": str(own.result_days),
            "MAXIMUM_RETRY_ATTEMPTS": str(own.maximum_retry_attempts),
        }
        if own.input_locations:
            environment["INPUT_LOCATIONS"] = ",".join(own.input_locations)
        if own.search_input:
            environment |= {"OPENSEARCH_ENDPOINT": target.endpoint, "OPENSEARCH_INDEX": searchable.alias}
        return environment


def api_model() -> dict[str, Any]:
    """Reads what the gateway checks of a request's body; a test compares it with the image's code that made it."""
    model: dict[str, Any] = json.loads(_MODEL.read_text(encoding="utf-8"))
    return model
