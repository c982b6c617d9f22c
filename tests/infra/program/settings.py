"""Configurations at the bounds of the room's sections, and beyond them with the path of what is wrong."""

from __future__ import annotations

from typing import Any

ALLOWED: list[dict[str, Any]] = [
    {"tags": {"team": "search"}},
    {"name_prefix": "a-1b-c-"},
    {"name_prefix": "a"},
    {"tags": {"project": "another", "stack": "another"}},
]

REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"tags": {"aws:owner": "x"}}, "tags.aws:owner"),
    ({"tags": {"Project": "x"}}, "tags.Project"),
    ({"tags": {"STACK": "x"}}, "tags.STACK"),
    ({"tags": {"project": "x", "Project": "x"}}, "tags.Project"),
    ({"tags": {"team": "a", "Team": "b"}}, "tags.Team"),
    ({"tags": {"k" * 129: "x"}}, "tags." + "k" * 129 + ".[key]"),
    ({"tags": {"owner": "x" * 257}}, "tags.owner"),
    ({"tags": {"owner": "tab\t#"}}, "tags.owner"),
    ({"name_prefix": "Upper-"}, "name_prefix"),
    ({"name_prefix": "team--a-"}, "name_prefix"),
    ({"name_prefix": "team--"}, "name_prefix"),
    ({"name_prefix": "-"}, "name_prefix"),
    ({"name_prefix": "p" * 21}, "name_prefix"),
    ({"log_retention_days": 2}, "log_retention_days"),
    ({"aws_endpoint_url": "127.0.0.1"}, "aws_endpoint_url"),
    ({"tags": {"team": ["search"]}}, "tags.team"),
]
