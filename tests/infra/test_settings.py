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
from tests.infra.conftest import as_config
from tests.infra.deployment import PROJECT, ROOT, run, whole_program
from tests.infra.variants import ACCESS_POINT, PRIVATE_NETWORK


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


ALLOWED: list[dict[str, Any]] = [
    _consumer(maximum_record_age_seconds=86_400),
    _consumer(maximum_record_age_seconds=60) | {"alarms": {"iterator_age_seconds": 59}},
    _consumer(maximum_retry_attempts=0),
    _consumer(maximum_retry_attempts=10_000),
    _consumer(batch_size=1),
    _consumer(batch_size=10_000),
    _consumer(batching_window_seconds=0),
    _consumer(batching_window_seconds=300),
    _consumer(parallelization_factor=10),
    _consumer(memory_mb=128),
    _consumer(memory_mb=10_240),
    _consumer(timeout_seconds=900),
    _consumer(trust_seconds=0),
    _consumer(image_digest="sha256:" + "0" * 64),
    {"table_api": {"timeout_seconds": 28}},
    {"replicate": {"timeout_seconds": 60, "memory_mb": 128}},
    {"replicate": {"timeout_seconds": 900}},
    {"table": {"name": "abc"}, "name_prefix": "p" * 20},
    {
        "stream": {"retention_hours": 8760},
        "consumers": {"sync_kinesis_stream": {"maximum_record_age_seconds": 604_800}},
    },
    {"collection": {"name": "c" * 32}},
    {"collection": {"network": PRIVATE_NETWORK}},
    {"images": {"base_image": "public.ecr.aws/lambda/python:3.13", "scan_on_push": True}},
    {"images": {"base_image": "public.ecr.aws/lambda/python:3.13@sha256:" + "0" * 64}},
    {"images": {"base_image": "registry.example:5000/team/base@sha256:" + "0" * 64, "extensions_image": "extensions"}},
    {"operators": {"arns": ["arn:aws:iam::123456789012:role/team/on-call", "arn:aws:iam::123456789012:user/ada"]}},
    {"operators": {"arns": ["arn:aws-cn:iam::123456789012:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_ops_1a"]}},
    {"tags": {"team": "search"}},
    {"analytics": {"memory_mb": 512, "ephemeral_storage_mb": 512, "timeout_seconds": 20, "queue_retention_hours": 1}},
    {"analytics": {"memory_mb": 10_240, "ephemeral_storage_mb": 10_240, "timeout_seconds": 900}},
    {"analytics": {"queue_retention_hours": 312, "result_days": 3650, "link_seconds": 43_200}},
    {"analytics": {"maximum_retry_attempts": 0, "maximum_event_age_seconds": 60, "request_age_seconds": 60}},
    {"analytics": {"enabled": False, "memory_mb": 128, "function_name": "table-api"}},
    {"analytics": {"on_failure": "arn:aws:sqs:eu-central-1:123456789012:failures"}},
    {"analytics": {"on_success": "arn:aws:events:eu-central-1:123456789012:event-bus/default"}},
    {"analytics": {"on_success": "arn:aws:lambda:eu-central-1:123456789012:function:other:live"}},
    {"analytics": {"on_success": "arn:aws:sns:eu-central-1:123456789012:analyses"}},
    {"analytics": {"input_locations": ["s3://my-data/", "s3://my-data/in/2026=1/"]}},
    {
        "collection": {"network": PRIVATE_NETWORK},
        "analytics": {"file_system": {"access_point_arn": ACCESS_POINT, "folder": "data"}},
    },
]


@pytest.mark.parametrize("settings", ALLOWED, ids=json.dumps)
def test_value_at_its_bound_is_accepted(settings: dict[str, Any]) -> None:
    _load(settings)


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"tags": {"aws:owner": "x"}}, "tags.aws:owner"),
    ({"tags": {"k" * 129: "x"}}, "tags." + "k" * 129 + ".[key]"),
    ({"tags": {"owner": "x" * 257}}, "tags.owner"),
    ({"tags": {"owner": "tab\t#"}}, "tags.owner"),
    (_consumer(maximum_record_age_seconds=-1), "consumers.sync_dynamodb_stream.maximum_record_age_seconds"),
    (_consumer(maximum_record_age_seconds=59), "consumers.sync_dynamodb_stream.maximum_record_age_seconds"),
    (_consumer(maximum_record_age_seconds=604_801), "consumers.sync_dynamodb_stream.maximum_record_age_seconds"),
    (_consumer(maximum_record_age_seconds=86_401), "consumers.sync_dynamodb_stream.maximum_record_age_seconds"),
    (_consumer(maximum_retry_attempts=-1), "consumers.sync_dynamodb_stream.maximum_retry_attempts"),
    (_consumer(maximum_retry_attempts=10_001), "consumers.sync_dynamodb_stream.maximum_retry_attempts"),
    (_consumer(batch_size=0), "consumers.sync_dynamodb_stream.batch_size"),
    (_consumer(batch_size=10_001), "consumers.sync_dynamodb_stream.batch_size"),
    (_consumer(batching_window_seconds=-1), "consumers.sync_dynamodb_stream.batching_window_seconds"),
    (_consumer(batching_window_seconds=301), "consumers.sync_dynamodb_stream.batching_window_seconds"),
    (_consumer(parallelization_factor=0), "consumers.sync_dynamodb_stream.parallelization_factor"),
    (_consumer(parallelization_factor=11), "consumers.sync_dynamodb_stream.parallelization_factor"),
    (_consumer(memory_mb=127), "consumers.sync_dynamodb_stream.memory_mb"),
    (_consumer(memory_mb=10_241), "consumers.sync_dynamodb_stream.memory_mb"),
    (_consumer(timeout_seconds=901), "consumers.sync_dynamodb_stream.timeout_seconds"),
    (_consumer(timeout_seconds=0), "consumers.sync_dynamodb_stream.timeout_seconds"),
    (_consumer(trust_seconds=-1), "consumers.sync_dynamodb_stream.trust_seconds"),
    (_consumer(trust_seconds=31), "consumers.sync_dynamodb_stream.trust_seconds"),
    (_consumer(failure_destination="sns"), "consumers.sync_dynamodb_stream.failure_destination"),
    (_consumer(image_digest="newest"), "consumers.sync_dynamodb_stream.image_digest"),
    (_consumer(function_name="f" * 59), "consumers.sync_dynamodb_stream.function_name"),
    (_consumer(function_name="has space"), "consumers.sync_dynamodb_stream.function_name"),
    (_consumer(index="Upper"), "consumers.sync_dynamodb_stream.index"),
    (_consumer(index="lab-table-kinesis-stream"), "consumers.sync_kinesis_stream.index"),
    (_consumer(index="lab-table"), "reader_alias"),
    ({"table_api": {"timeout_seconds": 29}}, "table_api.timeout_seconds"),
    ({"table_api": {"function_name": "sync-data-with-kinesis-stream"}}, "table_api.function_name"),
    ({"replicate": {"timeout_seconds": 59}}, "replicate.timeout_seconds"),
    ({"replicate": {"timeout_seconds": 901}}, "replicate.timeout_seconds"),
    ({"replicate": {"function_name": "table-api"}}, "replicate.function_name"),
    ({"name_prefix": "p-", "replicate": {"function_name": "f" * 63}}, "replicate.function_name"),
    ({"name_prefix": "Upper-"}, "name_prefix"),
    ({"name_prefix": "p" * 21}, "name_prefix"),
    ({"name_prefix": "p" * 20, "collection": {"name": "c" * 13}}, "collection.name"),
    ({"name_prefix": "p-", "table": {"name": "t" * 254}}, "table.name"),
    ({"name_prefix": "p-", "stream": {"name": "s" * 127}}, "stream.name"),
    ({"table": {"name": "ab"}}, "table.name"),
    ({"table": {"read_capacity": 5}}, "table.read_capacity"),
    ({"table": {"name": "has space"}}, "table.name"),
    ({"stream": {"shard_count": 1}}, "stream.shard_count"),
    ({"stream": {"retention_hours": 23}}, "stream.retention_hours"),
    ({"collection": {"name": "ab"}}, "collection.name"),
    ({"collection": {"name": "under_score"}}, "collection.name"),
    ({"collection": {"network": {"vpc_id": "vpc-1"}}}, "collection.network.vpc_id"),
    ({"collection": {"reader_arns": ["*"]}}, "collection.reader_arns.0"),
    ({"log_retention_days": 2}, "log_retention_days"),
    ({"alarms": {"iterator_age_seconds": 21_600}}, "alarms.iterator_age_seconds"),
    ({"api": {"authorization": "none"}}, "api.authorization"),
    ({"api": {"throttle_rate": 0}}, "api.throttle_rate"),
    ({"api": {"stage": "v-1"}}, "api.stage"),
    ({"aws_endpoint_url": "127.0.0.1"}, "aws_endpoint_url"),
    ({"images": {"base_image": "Lambda/Python:3.13"}}, "images.base_image"),
    ({"images": {"base_image": "base:1 --privileged"}}, "images.base_image"),
    ({"images": {"base_image": "base@sha256:1a2b"}}, "images.base_image"),
    ({"images": {"base_image": ""}}, "images.base_image"),
    ({"images": {"extensions_image": "https://example.com/extensions:1"}}, "images.extensions_image"),
    ({"images": {"scan_on_push": "sometimes"}}, "images.scan_on_push"),
    (_consumer(image_digest="0" * 64), "consumers.sync_dynamodb_stream.image_digest"),
    (_consumer(image_digest="sha256:" + "A" * 64), "consumers.sync_dynamodb_stream.image_digest"),
    (_consumer(image_digest="repository@sha256:" + "0" * 64), "consumers.sync_dynamodb_stream.image_digest"),
    ({"operators": {"arns": ["arn:aws:iam::123456789012:role/*"]}}, "operators.arns.0"),
    ({"operators": {"arns": ["arn:aws:iam::123456789012:root"]}}, "operators.arns.0"),
    ({"operators": {"arns": ["arn:aws:sts::123456789012:assumed-role/on-call/ada"]}}, "operators.arns.0"),
    ({"operators": {"arns": "arn:aws:iam::123456789012:role/on-call"}}, "operators.arns"),
    ({"tags": {"team": ["search"]}}, "tags.team"),
    ({"analytics": {"memory_mb": 511}}, "analytics.memory_mb"),
    ({"analytics": {"memory_mb": 10_241}}, "analytics.memory_mb"),
    ({"analytics": {"ephemeral_storage_mb": 511}}, "analytics.ephemeral_storage_mb"),
    ({"analytics": {"ephemeral_storage_mb": 10_241}}, "analytics.ephemeral_storage_mb"),
    ({"analytics": {"timeout_seconds": 19}}, "analytics.timeout_seconds"),
    ({"analytics": {"timeout_seconds": 901}}, "analytics.timeout_seconds"),
    ({"analytics": {"maximum_retry_attempts": 3}}, "analytics.maximum_retry_attempts"),
    ({"analytics": {"maximum_event_age_seconds": 59}}, "analytics.maximum_event_age_seconds"),
    ({"analytics": {"maximum_event_age_seconds": 21_601}}, "analytics.maximum_event_age_seconds"),
    ({"analytics": {"queue_retention_hours": 313}}, "analytics.queue_retention_hours"),
    ({"analytics": {"reserved_concurrency": 0}}, "analytics.reserved_concurrency"),
    ({"analytics": {"result_days": 0}}, "analytics.result_days"),
    ({"analytics": {"link_seconds": 43_201}}, "analytics.link_seconds"),
    ({"analytics": {"on_failure": "queue"}}, "analytics.on_failure"),
    ({"analytics": {"on_failure": "arn:aws:s3:::bucket"}}, "analytics.on_failure"),
    ({"analytics": {"on_failure": "arn:aws:sqs:eu-central-1:123456789012:failures.fifo"}}, "analytics.on_failure"),
    (
        {"analytics": {"on_success": "arn:aws:lambda:eu-central-1:123456789012:function:scilearn"}},
        "analytics.on_success",
    ),
    ({"analytics": {"input_locations": ["s3://my-data/*"]}}, "analytics.input_locations.0"),
    ({"analytics": {"input_locations": ["my-data/in"]}}, "analytics.input_locations.0"),
    ({"analytics": {"input_locations": ["s3://my-data/a,s3://other/"]}}, "analytics.input_locations.0"),
    ({"analytics": {"function_name": "f" * 58}}, "analytics.function_name"),
    ({"analytics": {"function_name": "table-api"}}, "analytics.function_name"),
    ({"analytics": {"image_digest": "newest"}}, "analytics.image_digest"),
    (
        {
            "collection": {"network": PRIVATE_NETWORK},
            "analytics": {"file_system": {"access_point_arn": ACCESS_POINT}},
        },
        "analytics.file_system.folder",
    ),
    (
        {"collection": {"network": PRIVATE_NETWORK}, "analytics": {"file_system": {"folder": "data"}}},
        "analytics.file_system.access_point_arn",
    ),
    ({"analytics": {"file_system": {"folder": "in/data"}}}, "analytics.file_system.folder"),
]


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
    assert "arns: [arn:aws:iam::123456789012:role/operator]" in message


def test_a_file_system_without_a_vpc_is_refused_with_the_key_that_is_needed() -> None:
    files = {"access_point_arn": ACCESS_POINT, "folder": "data"}

    message = _error({"analytics": {"file_system": files}})

    assert "analytics.file_system.access_point_arn needs a function in a VPC" in message
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
    example = _stack_file("Pulumi.dev.yaml")

    # The emulator's address is shown as a comment: no real stack has it.
    wanted = {key: value for key, value in _leaves(Settings).items() if key != "aws_endpoint_url"}
    assert _shape(example, wanted) == wanted
    assert "driftless:aws_endpoint_url" in (ROOT / "Pulumi.dev.yaml").read_text(encoding="utf-8")
    _load(example)


def test_local_stack_is_accepted() -> None:
    assert _load(_stack_file("Pulumi.local.yaml")).aws_endpoint_url


def test_project_declares_every_setting_with_type_description_and_default() -> None:
    declared = yaml.safe_load((ROOT / "Pulumi.yaml").read_text(encoding="utf-8"))["config"]
    defaults = Settings()

    assert set(declared) == set(Settings.model_fields)
    for key, entry in declared.items():
        value = getattr(defaults, key)
        kinds = {bool: "boolean", int: "integer", str: "string"}
        assert entry["type"] == kinds.get(type(value), "object")
        assert entry["description"]
        # A key without a default would be demanded of every stack; a section's own defaults are the models'.
        assert entry["default"] == ({} if entry["type"] == "object" else value)


def test_the_projects_defaults_are_the_models() -> None:
    declared = yaml.safe_load((ROOT / "Pulumi.yaml").read_text(encoding="utf-8"))["config"]

    assert _load({key: entry["default"] for key, entry in declared.items()}) == Settings()
