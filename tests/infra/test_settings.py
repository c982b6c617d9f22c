"""Configuration: every problem at once, each bound, nothing registered on a bad one, a complete example."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pytest
import yaml
from pydantic import BaseModel

from infra.settings.reading import SettingsError, load_settings
from infra.settings.sections import Settings
from tests.infra.analyses.variants import ACCESS_POINT
from tests.infra.conftest import as_config
from tests.infra.deployment import PROJECT, ROOT, run, whole_program
from tests.infra.rooms import gathered


def _load(settings: dict[str, Any], **raw: str) -> Settings:
    pulumi.runtime.set_all_config({**as_config(settings), **{f"{PROJECT}:{key}": text for key, text in raw.items()}})
    return load_settings(pulumi.Config(PROJECT))


def _error(settings: dict[str, Any], **raw: str) -> str:
    with pytest.raises(SettingsError) as caught:
        _load(settings, **raw)
    return str(caught.value)


def test_an_empty_configuration_is_complete() -> None:
    assert _load({}) == Settings()


def test_scalars_arrive_as_text_and_are_converted() -> None:
    settings = _load({}, protect="false", log_retention_days="7")

    assert (settings.protect, settings.log_retention_days) == (False, 7)


def test_all_problems_are_reported_at_once_with_their_paths() -> None:
    message = _error(
        {
            "tabel": {},
            "architecture": "mips",
            "table": {"billing": "provisioned", "nmae": "x"},
            "stream": {"mode": "provisioned"},
            "collection": {"network": {"access": "private", "vpc_id": "vpc-1"}},
            "consumers": {
                "sync_dynamodb_stream": {"maximum_retry_attempts": -1, "batch_size": 0},
                "sync_kinesis_stream": {"maximum_record_age_seconds": 90_000},
                "sync_nothing": {},
            },
            "alarms": {"topic_arn": "not-an-arn"},
        },
        api="on",
    )

    for path in (
        "tabel",
        "architecture",
        "api",
        "table.nmae",
        "table.read_capacity",
        "table.write_capacity",
        "stream.shard_count",
        "collection.network.subnet_ids",
        "collection.network.security_group_ids",
        "consumers.sync_dynamodb_stream.maximum_retry_attempts",
        "consumers.sync_dynamodb_stream.batch_size",
        "consumers.sync_kinesis_stream.maximum_record_age_seconds",
        "consumers.sync_nothing",
        "alarms.topic_arn",
    ):
        assert f"driftless:{path} " in message
    assert message.startswith("14 problem(s)")


def test_the_message_shows_yaml_that_cures_it() -> None:
    bad: dict[str, Any] = {"table": {"billing": "provisioned"}, "consumers": {"sync_kinesis_stream": {"batch_size": 0}}}
    message = _error(bad)

    pasted = yaml.safe_load(message[message.index("config:") :])["config"]
    assert pasted["driftless:table"] == {"read_capacity": 5, "write_capacity": 5}
    cured = {
        "table": {**bad["table"], **pasted["driftless:table"]},
        "consumers": pasted["driftless:consumers"],
    }
    assert _load(cured).table.read_capacity == 5


def test_a_bad_configuration_registers_nothing() -> None:
    seen: list[str] = []

    with pytest.raises(SettingsError):
        run(whole_program, preview=False, config=as_config({"table": {"billing": "free"}}), watch=seen.append)

    assert seen == []


def test_a_good_configuration_is_seen_to_register() -> None:
    seen: list[str] = []

    run(whole_program, preview=True, config={}, watch=seen.append)

    assert "source-table" in seen


def _consumer(**values: object) -> dict[str, Any]:
    return {"consumers": {"sync_dynamodb_stream": values}}


ALLOWED = [each for cases in gathered("settings", "ALLOWED") for each in cases]
REFUSED = [each for cases in gathered("settings", "REFUSED") for each in cases]


@pytest.mark.parametrize("settings", ALLOWED, ids=json.dumps)
def test_value_at_its_bound_is_accepted(settings: dict[str, Any]) -> None:
    _load(settings)


@pytest.mark.parametrize(("settings", "path"), REFUSED, ids=[json.dumps(settings)[:80] for settings, _ in REFUSED])
def test_value_beyond_its_bound_is_refused_by_its_path(settings: dict[str, Any], path: str) -> None:
    message = _error(settings)

    assert f"driftless:{path} " in message
    assert message.startswith("1 problem(s)")


def test_a_bad_digest_is_answered_with_the_form_it_must_have() -> None:
    message = _error(_consumer(image_digest="sha256:1a2b"))

    assert "image_digest is 'sha256:1a2b': must be sha256: and 64 hexadecimal digits in lower case" in message
    pasted = yaml.safe_load(message[message.index("config:") :])["config"]
    _load({"consumers": pasted["driftless:consumers"]})


def test_a_bad_operator_is_answered_with_the_form_it_must_have() -> None:
    message = _error({"operators": {"arns": ["on-call"]}})

    assert "operators.arns.0 is 'on-call': must be the ARN of an IAM role or user" in message
    pasted = yaml.safe_load(message[message.index("config:") :])["config"]
    assert pasted == {"driftless:operators": {"arns": ["arn:aws:iam::123456789012:role/operator"]}}


def test_a_file_system_without_a_vpc_is_refused_with_the_key_that_is_needed() -> None:
    files = {"access_point_arn": ACCESS_POINT, "folder": "data"}

    message = _error({"analyses": {"file_system": files}})

    assert "analyses.file_system.access_point_arn needs a function in a VPC" in message
    assert "collection.network.access: private" in message


def test_text_where_a_mapping_belongs_is_refused() -> None:
    assert "must be a mapping" in _error({}, table="lab-table")
    assert "must be a mapping" in _error({}, tags="[1")


def _leaves(model: type[BaseModel]) -> dict[str, Any]:
    """Every key that a stack file may hold, nested; None at the leaves."""
    nested: dict[str, Any] = {}
    for key, field in model.model_fields.items():
        inner = field.annotation
        nested[key] = _leaves(inner) if isinstance(inner, type) and issubclass(inner, BaseModel) else None
    return nested


def _shape(value: Any, like: Any) -> Any:
    return {key: _shape(item, like.get(key)) for key, item in value.items()} if isinstance(like, dict) else None


def _stack_file(name: str) -> dict[str, Any]:
    config = yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))["config"]
    return {key.removeprefix(f"{PROJECT}:"): value for key, value in config.items() if key.startswith(PROJECT)}


def test_example_stack_names_every_setting_and_is_accepted() -> None:
    example = _stack_file("settings.example.yaml")

    # The emulator's address is shown as a comment: no real stack has it.
    wanted = {key: value for key, value in _leaves(Settings).items() if key != "aws_endpoint_url"}
    assert _shape(example, wanted) == wanted
    assert "driftless:aws_endpoint_url" in (ROOT / "settings.example.yaml").read_text(encoding="utf-8")
    _load(example)


def test_example_says_of_every_reservation_that_a_new_account_refuses_it() -> None:
    lines = (ROOT / "settings.example.yaml").read_text(encoding="utf-8").splitlines()
    places = [number for number, line in enumerate(lines) if line.strip().startswith("reserved_concurrency:")]

    assert len(places) == 3
    assert [lines[at] for at in places if "limit is 10" not in " ".join(lines[at - 1 : at + 1])] == []


def test_no_new_stack_finds_settings_here_that_somebody_else_wrote() -> None:
    """Pulumi takes Pulumi.<stack>.yaml for the stack's own: https://www.pulumi.com/docs/iac/concepts/config/"""
    assert [path.name for path in ROOT.glob("Pulumi.*.y*ml")] == ["Pulumi.local.yaml"]


def test_local_stack_is_accepted() -> None:
    assert _load(_stack_file("Pulumi.local.yaml")).aws_endpoint_url
