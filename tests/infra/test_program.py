"""The whole program: what it registers, what it exports, and how its names behave.

Not proven here: that AWS takes what is declared, nor that the engine does; for the latter see test_language_runtime.py.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from infra.settings.provider import _EMULATED_SERVICES
from tests.infra import resource_types as types
from tests.infra.conftest import Deploy, as_config
from tests.infra.contracts import all_alarms, all_exports
from tests.infra.deployment import Deployment, Registration, run, whole_program
from tests.infra.program.rules import REPLACED_WITH_THEIR_NAME
from tests.infra.search.rules import collections_take_own_ids
from tests.infra.variants import VARIANTS

GOLDEN = Path(__file__).parent / "registrations"
UPDATE = "UPDATE_GOLDEN=1 python -m pytest -q tests/infra/test_program.py"


def _listing(graph: Deployment) -> dict[str, str]:
    """Lists types and names by the component on top, alarms aside: those are in their rooms' contracts."""
    known = graph.by_urn()

    def top(entry: Registration) -> str:
        return top(known[entry.parent]) if entry.parent in known else entry.name

    rows: dict[str, list[str]] = {}
    for entry in graph.registrations:
        if entry.type != types.ALARM:
            rows.setdefault(top(entry), []).append(f"{entry.type} {entry.name}\n")
    return {name: "".join(sorted(entries)) for name, entries in rows.items()}


def test_program_registers_exactly_the_checked_in_resources(deploy: Deploy) -> None:
    listing = _listing(deploy())

    if os.environ.get("UPDATE_GOLDEN"):
        for file in GOLDEN.iterdir():
            file.unlink()
        for name, rows in listing.items():
            (GOLDEN / f"{name}.txt").write_text(rows, encoding="utf-8")
    golden = {file.stem: file.read_text(encoding="utf-8") for file in GOLDEN.iterdir()}
    assert listing == golden, f"If this is meant: {UPDATE}"


def test_alarms_are_exactly_those_that_the_rooms_offer(deploy: Deploy) -> None:
    assert {entry.name for entry in deploy().all(types.ALARM)} == all_alarms()


def test_a_preview_registers_what_an_update_does(deploy: Deploy) -> None:
    assert _listing(deploy(preview=True)) == _listing(deploy(preview=False))


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_variant_can_be_previewed(deploy: Deploy, variant: str) -> None:
    assert deploy(VARIANTS[variant], preview=True).registrations


def test_exports_are_exactly_the_contract(deploy: Deploy) -> None:
    exports = deploy().exports

    assert {name: set(value) if isinstance(value, dict) else None for name, value in exports.items()} == all_exports()


def test_exports_have_the_workshops_names_when_nothing_is_configured(deploy: Deploy) -> None:
    exports = deploy().exports

    assert exports["table_name"] == "lab-table"
    assert exports["kinesis_stream_name"] == "kinesis-stream-data-lab"
    assert exports["indexes"] == {
        "sync_dynamodb_stream": "lab-table-dynamodb-stream",
        "sync_kinesis_stream": "lab-table-kinesis-stream",
    }
    assert (
        exports["functions"].items()
        >= {
            "sync_dynamodb_stream": "sync-data-with-dynamodb-stream",
            "sync_kinesis_stream": "sync-data-with-kinesis-stream",
            "replicate": "replicate",
            "table_api": "table-api",
            "scilearn": "scilearn",
            "scilearn_status": "scilearn-status",
        }.items()
    )
    assert exports["reader_alias"] == "lab-table"


def test_api_url_has_no_slash_at_its_end(deploy: Deploy) -> None:
    assert deploy().exports["api_url"].endswith("/v1")


def test_images_are_exported_by_digest(deploy: Deploy) -> None:
    assert all("@sha256:" in uri for uri in deploy().exports["images"].values())


def test_key_id_is_exported_only_for_key_authorization(deploy: Deploy) -> None:
    assert set(deploy(VARIANTS["api key"]).exports) == {*all_exports(), "api_key_id"}


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


def test_no_setting_replaces_a_resource_by_one_of_the_same_name(deploy: Deploy) -> None:
    """Over every variant: what replaces a resource differs only where its name does, or the old one goes first."""
    seen: dict[tuple[str, str, str], set[str]] = {}
    for variant in VARIANTS.values():
        for entry in deploy(variant).registrations:
            for key in () if entry.delete_before_replace else REPLACED_WITH_THEIR_NAME.get(entry.type, ()):
                where = (entry.name, entry.inputs["name"], key)
                seen.setdefault(where, set()).add(json.dumps(entry.inputs.get(key)))

    assert len(seen) > 20
    assert {where: values for where, values in seen.items() if len(values) > 1} == {}


def test_collection_names_fit_with_the_longest_prefix(deploy: Deploy) -> None:
    graph = deploy({"name_prefix": "p" * 20, "collection": {"name": "c" * 12}})

    assert collections_take_own_ids(graph) == []
    names = [entry.inputs["name"] for entry in graph.all(types.ACCESS_POLICY)]
    assert len(set(names)) == len(names)


def test_every_arn_is_in_the_partition_of_the_account() -> None:
    """As in GovCloud. What a setting names is in the partition that the setting says; here none names any."""
    settings = {"analyses": {"input_locations": ["s3://my-data/inputs/"]}}

    graph = run(whole_program, preview=False, config=as_config(settings), partition="aws-us-gov")

    texts = [json.dumps(entry.inputs) for entry in graph.registrations]
    arns = {arn for text in texts for arn in re.findall(r"arn:[a-z-]+:[^\"\\]*", text)}
    assert "arn:aws-us-gov:s3:::my-data/inputs/*" in arns
    assert [arn for arn in sorted(arns) if not arn.startswith("arn:aws-us-gov:")] == []


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


def test_emulator_has_every_service_that_the_program_uses(deploy: Deploy) -> None:
    """A new capability's service has to be among the provider's, or its resources would go to AWS."""
    named_otherwise = {"lambda": "lambda_", "opensearch": "opensearchserverless"}
    modules = {
        entry.type.split(":")[1].split("/")[0]
        for variant in VARIANTS.values()
        for entry in deploy(variant).registrations
        if entry.type.startswith("aws:")
    }

    assert {named_otherwise.get(module, module) for module in modules} <= set(_EMULATED_SERVICES)


def _ordered(graph: Deployment) -> list[Registration]:
    return sorted(graph.registrations, key=lambda entry: (entry.type, entry.name))
