"""The stack as a table of contents: one line a capability."""

import pulumi

from infra import analyses, api, monitoring, operators, search, source, sync
from infra.capability import merged_exports
from infra.settings import kit_of
from infra.settings.reading import load_settings

settings = load_settings(pulumi.Config())
kit = kit_of(settings)

# A table whose changes leave it twice, a collection, and the sync between them.
table = source.declare(kit, settings.table, settings.stream)
index = search.declare(kit, settings.collection, settings.consumers.indexes)
synced = sync.declare(
    kit, settings.consumers, settings.backfill, settings.second_delete, settings.reader_alias, table, index.target
)

# Around them.
analysed = analyses.declare(kit, settings.analyses, synced.searchable, index.target)

# What knows no capability by name.
capabilities = [table, index, synced, analysed]
served = api.declare(kit, settings.api, settings.table_api, table.table, synced.searchable, index.target, capabilities)
monitored = monitoring.declare(kit, [*capabilities, served])
operated = operators.declare(kit, settings.operators, index.target, [*capabilities, served, monitored])

for name, value in merged_exports([*capabilities, served, monitored, operated]).items():
    pulumi.export(name, value)
