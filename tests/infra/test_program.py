"""The whole program: what it registers, what it exports, and how its names behave.

Not proven here: that AWS takes what is declared, nor that the engine does; for the latter see test_language_runtime.py.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.infra import data_rules
from tests.infra import resource_types as types
from tests.infra.conftest import Deploy
from tests.infra.deployment import Deployment, Registration
from tests.infra.variants import VARIANTS

GOLDEN = Path(__file__).parent / "registrations.txt"
UPDATE = "UPDATE_GOLDEN=1 python -m pytest -q tests/infra/test_program.py"

EXPORTS = {
    "api_url",
    "table_name",
    "table_stream_arn",
    "kinesis_stream_name",
    "collection_endpoint",
    "dashboards_url",
    "indexes",
    "reader_alias",
    "dead_letter_queues",
    "failure_destinations",
    "event_source_mappings",
    "functions",
    "images",
    "analysis_queue_url",
    "analysis_dead_letter_queue_url",
    "analysis_success_destination",
    "analysis_failure_destination",
    "analysis_table",
    "analysis_results_bucket",
}
CONSUMERS = {"sync_dynamodb_stream", "sync_kinesis_stream"}


def _listing(graph: Deployment) -> str:
    return "".join(sorted(f"{entry.type} {entry.name}\n" for entry in graph.registrations))


def test_program_registers_exactly_the_checked_in_resources(deploy: Deploy) -> None:
    listing = _listing(deploy())

    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(listing, encoding="utf-8")
    assert listing == GOLDEN.read_text(encoding="utf-8"), f"If this is meant: {UPDATE}"


def test_a_preview_registers_what_an_update_does(deploy: Deploy) -> None:
    assert _listing(deploy(preview=True)) == _listing(deploy(preview=False))


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_variant_can_be_previewed(deploy: Deploy, variant: str) -> None:
    assert deploy(VARIANTS[variant], preview=True).registrations


def test_exports_are_exactly_the_contract(deploy: Deploy) -> None:
    exports = deploy().exports

    assert set(exports) == EXPORTS
    per_consumer = ("indexes", "dead_letter_queues", "failure_destinations", "event_source_mappings")
    assert {key: set(exports[key]) for key in per_consumer} == dict.fromkeys(per_consumer, CONSUMERS)
    assert set(exports["images"]) == CONSUMERS | {"replicate", "table_api", "scilearn"}
    assert set(exports["functions"]) == {*exports["images"], "scilearn_status"}


def test_exports_have_the_workshops_names_when_nothing_is_configured(deploy: Deploy) -> None:
    exports = deploy().exports

    assert exports["table_name"] == "lab-table"
    assert exports["kinesis_stream_name"] == "kinesis-stream-data-lab"
    assert exports["indexes"] == {
        "sync_dynamodb_stream": "lab-table-dynamodb-stream",
        "sync_kinesis_stream": "lab-table-kinesis-stream",
    }
    assert exports["functions"] == {
        "sync_dynamodb_stream": "sync-data-with-dynamodb-stream",
        "sync_kinesis_stream": "sync-data-with-kinesis-stream",
        "replicate": "replicate",
        "table_api": "table-api",
        "scilearn": "scilearn",
        "scilearn_status": "scilearn-status",
    }
    assert exports["reader_alias"] == "lab-table"


def test_api_url_has_no_slash_at_its_end(deploy: Deploy) -> None:
    assert deploy().exports["api_url"].endswith("/v1")


def test_images_are_exported_by_digest(deploy: Deploy) -> None:
    assert all("@sha256:" in uri for uri in deploy().exports["images"].values())


def test_key_id_is_exported_only_for_key_authorization(deploy: Deploy) -> None:
    assert set(deploy(VARIANTS["api key"]).exports) == EXPORTS | {"api_key_id"}


def _physical_names(graph: Deployment) -> set[tuple[str, str]]:
    """Names that this program chooses, by type; what Pulumi names ends in random characters and can't collide."""
    inside_the_api = ("aws:apigateway/model:Model", "aws:apigateway/requestValidator:RequestValidator")
    return {
        (entry.type, entry.inputs["name"])
        for entry in graph.registrations
        if "name" in entry.inputs and entry.type not in inside_the_api
    }


def test_stacks_with_different_prefixes_share_no_name(deploy: Deploy) -> None:
    first, second = deploy({"name_prefix": "a-"}), deploy({"name_prefix": "b-"})

    assert _physical_names(first)
    assert _physical_names(first) & _physical_names(second) == set()


def test_collection_names_fit_with_the_longest_prefix(deploy: Deploy) -> None:
    graph = deploy({"name_prefix": "p" * 20, "collection": {"name": "c" * 12}})

    assert data_rules.collections_take_own_ids(graph) == []
    names = [entry.inputs["name"] for entry in graph.all(types.ACCESS_POLICY)]
    assert len(set(names)) == len(names)


def test_nothing_is_protected_when_protection_is_off(deploy: Deploy) -> None:
    assert [entry.name for entry in deploy({"protect": False}).registrations if entry.protect] == []


def test_image_digest_from_configuration_replaces_the_build(deploy: Deploy) -> None:
    graph = deploy(VARIANTS["images from elsewhere"])

    assert graph.all(types.IMAGE) == []
    assert all(entry.inputs["imageUri"].endswith("@sha256:" + "a" * 64) for entry in graph.all(types.FUNCTION))


def test_provider_has_tags_region_and_no_endpoints(deploy: Deploy) -> None:
    provider = deploy({"tags": {"team": "search"}}).one("pulumi:providers:aws").inputs

    assert provider["region"] == "eu-central-1"
    assert '"team": "search"' in provider["defaultTags"]
    assert '"project": "driftless"' in provider["defaultTags"]
    assert "endpoints" not in provider


def test_emulator_changes_the_provider_and_nothing_else(deploy: Deploy) -> None:
    here, there = deploy(), deploy({"aws_endpoint_url": "http://127.0.0.1:4566"})

    assert "http://127.0.0.1:4566" in there.one("pulumi:providers:aws").inputs["endpoints"]
    changed = [
        (before.name, after.name)
        for before, after in zip(_ordered(here), _ordered(there), strict=True)
        if before.inputs != after.inputs
    ]
    assert changed == [("aws", "aws")]


def _ordered(graph: Deployment) -> list[Registration]:
    return sorted(graph.registrations, key=lambda entry: (entry.type, entry.name))
