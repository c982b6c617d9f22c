"""What a message about the configuration offers as the fix: it is YAML, and followed to the letter it is one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pulumi
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from infra.base.section import Problem
from infra.settings.proposal import propose
from infra.settings.reading import SettingsError, load_settings
from infra.settings.sections import Settings
from tests.infra.conftest import as_config
from tests.infra.deployment import PROJECT
from tests.infra.rooms import gathered

REFUSED = [settings for cases in gathered("settings", "REFUSED") for settings, _ in cases]


def said_of(config: dict[str, Any]) -> str | None:
    pulumi.runtime.set_all_config(as_config(config))
    try:
        load_settings(pulumi.Config(PROJECT))
    except SettingsError as error:
        return str(error)
    return None


def followed(config: dict[str, Any], message: str) -> tuple[dict[str, Any], list[str]]:
    """Does what the message says. Gives the configuration then, and every key that was put or removed."""
    cured = json.loads(json.dumps(config))
    removed = (
        re.findall(r"driftless:(\S+?)(?:, |$)", found[1])
        if (found := re.search("Remove from .*: (.*)", message))
        else []
    )
    for path in removed:
        above = cured
        *way, last = path.split(".")
        for part in way:
            above = above[part]
        del above[last]
    put: list[str] = []
    if "\n  config:" in message:
        pasted = yaml.safe_load(message[message.index("  config:") :])["config"]
        merge(cured, {key.removeprefix(f"{PROJECT}:"): value for key, value in pasted.items()}, put)
    return cured, [*removed, *put]


def merge(below: dict[str, Any], above: dict[str, Any], put: list[str], path: str = "") -> None:
    for key, value in above.items():
        if isinstance(value, dict) and isinstance(below.get(key), dict) and value:
            merge(below[key], value, put, f"{path}{key}.")
        else:
            put.append(f"{path}{key}")
            below[key] = value


@pytest.mark.parametrize("config", REFUSED, ids=lambda config: json.dumps(config)[:80])
def test_every_refused_value_is_cured_by_what_its_message_says(config: dict[str, Any]) -> None:
    message = said_of(config)
    assert message
    cured, _ = followed(config, message)
    assert said_of(cured) is None, message


def keys(model: type[BaseModel], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for key, field in model.model_fields.items():
        yield (*path, key)
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from keys(field.annotation, (*path, key))


ODD = st.sampled_from(
    [
        "",
        "x y",
        "a: b",
        "- x",
        "#",
        "'",
        -1,
        0,
        10**9,
        1.5,
        True,
        None,
        [],
        ["x y"],
        [["a"]],
        {},
        {"a": 1},
        "private",
        "s3",
        "provisioned",
    ]
)
DAMAGES = st.lists(
    st.tuples(st.sampled_from(list(keys(Settings))), st.sampled_from(["", "x", "cut", "swap"]), ODD),
    min_size=1,
    max_size=5,
)


def damaged(damages: list[tuple[tuple[str, ...], str, Any]]) -> dict[str, Any]:
    config: dict[str, Any] = {}
    for path, how, value in damages:
        *way, last = path
        last = {"": last, "x": f"x{last}", "cut": last[:-1], "swap": last[1::-1] + last[2:]}[how]
        above = config
        for part in way:
            above = above.setdefault(part, {})
            if not isinstance(above, dict):
                break
        else:
            above[last] = value
    return config


@settings(max_examples=300, deadline=None)
@given(damages=DAMAGES)
def test_what_is_offered_for_any_damage_parses_and_passes_its_own_check(damages: list[Any]) -> None:
    config = damaged(damages)
    message = said_of(config)
    if message is None:
        return
    cured, offered = followed(config, message)
    left = said_of(cured)
    wrong = re.findall(r"(?m)^  driftless:(\S+) ", left or "")
    assert not [path for path in wrong if any(path == key or path.startswith(f"{key}.") for key in offered)], (
        message,
        left,
    )


@pytest.mark.parametrize(
    ("config", "says", "cured"),
    [
        ({"tabel": {"name": "orders"}}, "tabel is not a setting; did you mean table?", {"table": {"name": "orders"}}),
        (
            {"consumers": {"sync_kinesis_stream": {"batchsize": 50}}},
            "consumers.sync_kinesis_stream.batchsize is not a setting; did you mean batch_size?",
            {"consumers": {"sync_kinesis_stream": {"batch_size": 50}}},
        ),
        (
            {"api": {"quux": 1}},
            "api.quux is not a setting; there are name, authorization",
            {"api": {}},
        ),
        (
            {"collection": {"network": {"subnet_idz": [1]}}},
            "did you mean subnet_ids?",
            {"collection": {"network": {}}},
        ),
        ({"table": {"read_capacity": 5}}, "remove it", {"table": {}}),
    ],
)
def test_a_key_that_is_none_is_answered_with_the_one_that_was_meant(
    config: dict[str, Any], says: str, cured: dict[str, Any]
) -> None:
    message = said_of(config)
    assert message
    assert says in message
    done, _ = followed(config, message)
    assert done == cured
    assert said_of(done) is None


def test_a_cure_that_does_not_help_is_not_offered() -> None:
    """The seeded fault: a check that no value passes."""
    wrong = [Problem(path=("table", "name"), message="is wrong")]
    proposal = propose({"table": {"name": "x"}}, wrong, lambda _: wrong)
    assert (proposal.values, proposal.removals) == ({}, ())
