"""The REST API in front of the table, its function, and the paths of services behind queues."""

from __future__ import annotations

from collections.abc import Sequence

from infra.api.settings import ApiSettings, TableApiSettings
from infra.api.write_api import WriteApi
from infra.capability import Capability
from infra.kit import Kit
from infra.search.target import Searchable, SearchTarget
from infra.source.table import SourceTable

FOLDER = "table_api"


def declare(
    kit: Kit,
    own: ApiSettings,
    function_settings: TableApiSettings,
    table: SourceTable,
    searchable: Searchable,
    target: SearchTarget,
    capabilities: Sequence[Capability],
) -> Capability:
    """Declares the API with the routes that the capabilities offer."""
    image_uri = kit.image(FOLDER, function_settings)
    api = WriteApi(
        "api",
        kit,
        own,
        function_settings=function_settings,
        image_uri=image_uri,
        table=table,
        searchable=searchable,
        target=target,
        queue_routes=[route for capability in capabilities for route in capability.routes],
        opts=kit.opts,
    )
    return Capability(
        exports={
            "api_url": api.url,
            **api.key_exports,
            "functions": {FOLDER: api.function_name},
            "images": {FOLDER: image_uri},
        },
        operator_rights=api.operator_rights,
        alarms=api.alarms,
    )
