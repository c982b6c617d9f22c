"""Tables of what a stack exports and which alarms it has, from the recorded graph of the whole program.

The recorder is the tests' own (`tests/infra/deployment.py`): a second one in here would have to be kept equal to it.
"""

import asyncio
import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from infra.settings.sections import Settings
from tests.infra.deployment import PROJECT, Deployment, Registration, run, whole_program
from tools.reference.markdown import table

ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
ADDING: dict[str, dict[str, Any]] = {
    "`authorization: api_key` of `api`": {"api": {"authorization": "api_key"}},
    "`operators`": {"operators": {"arns": ["arn:aws:iam::123456789012:role/operator"]}},
}
"""Settings that add exports to those of a stack without settings, by what the table says of them."""


@cache
def deployed(settings: str = "{}") -> Deployment:
    """Returns the graph of the program with these settings (JSON)."""
    asyncio.set_event_loop(asyncio.new_event_loop())
    config = {f"{PROJECT}:{key}": json.dumps(value) for key, value in json.loads(settings).items()}
    return run(whole_program, preview=False, config=config)


def exports() -> str:
    """Returns a table of every export: when a stack has it, and what it holds."""
    always = _exports({})
    without = {name: f"unless `enabled: false` in `{part}`" for part, name in _switched_off(always)}
    rows = [[f"`{name}`", without.get(name, "always"), _shown(value)] for name, value in always.items()]
    for condition, settings in ADDING.items():
        added = _exports(settings)
        rows += [[f"`{name}`", f"with {condition}", _shown(added[name])] for name in added if name not in always]
    return table(["Export", "When", "What a stack without a name prefix has, for example"], sorted(rows))


def alarms() -> str:
    """Returns a table of every alarm by its suffix, in a stack without settings."""
    found = [entry for entry in deployed().registrations if entry.type == ALARM]
    suffixes = sorted({_suffix(entry) for entry in found})
    groups = [[entry for entry in found if _suffix(entry) == suffix] for suffix in suffixes]
    rows = [[f"`{_suffix(group[0])}`", _owners(group), *_watched(group[0].inputs)] for group in groups]
    return table(
        ["Alarm", "Of", "Says", "Metric", "Rings above", "For"], sorted(rows, key=lambda row: (row[1], row[0]))
    )


def _exports(settings: Mapping[str, Any]) -> dict[str, Any]:
    return deployed(json.dumps(settings)).exports


def _switched_off(always: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Each capability that has a switch, with each export that it takes away."""
    parts = [name for name in Settings.model_fields if hasattr(getattr(Settings(), name), "enabled")]
    return [(part, name) for part in parts for name in always if name not in _exports({part: {"enabled": False}})]


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return "by name: " + ", ".join(f"`{key}`" for key in sorted(value))
    return f"`{value}`"


def _suffix(entry: Registration) -> str:
    return entry.name.rpartition("-alarms-")[2].removeprefix(f"{entry.parent.rpartition('::')[2]}-")


def _owners(group: list[Registration]) -> str:
    names = (entry.name.removesuffix(f"-{_suffix(entry)}").removesuffix("-alarms") for entry in group)
    return ", ".join(f"`{name}`" for name in sorted(names))


def _watched(inputs: Mapping[str, Any]) -> list[str]:
    queries = inputs.get("metricQueries")
    if queries:
        metric = f"`{queries[0]['expression'].partition(' FROM ')[0].removeprefix('SELECT ')}` (Metrics Insights)"
    else:
        metric = f"{inputs['namespace']} `{inputs['metricName']}`, {inputs['statistic'].lower()}"
    period = queries[0]["period"] if queries else inputs["period"]
    lasting = f"{inputs['evaluationPeriods']:.0f} × {period:.0f} s"
    return [inputs["alarmDescription"], metric, f"{inputs['threshold']:,.0f}", lasting]
