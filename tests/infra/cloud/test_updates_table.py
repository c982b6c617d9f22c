"""Each row of the table "Updates" in docs/deploy.md happens as it says: refused, replaced, or changed in place.

A row's change is tried on a stack as it is by default; where that is refused, on one that was unprotected as the page
says, too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.infra import resource_types as types
from tests.infra.cloud.conftest import UNPROTECTED, Stacks, merged
from tests.infra.cloud.monitor import Spoil
from tests.infra.cloud.resource import Goal
from tests.infra.cloud.spoiling import changing
from tests.infra.cloud.stack import Outcome
from tests.infra.deployment import ROOT
from tests.infra.search.variants import PRIVATE_NETWORK

PAGE = (ROOT / "docs/deploy.md").read_text(encoding="utf-8")
REFUSES = "With `protect` Pulumi refuses"
ENDPOINT = "aws:opensearch/serverlessVpcEndpoint:ServerlessVpcEndpoint"
REPLACED, RENAMED = ["replace", "delete first", "create"], ["replace", "create", "delete"]
DATA = (types.TABLE, types.STREAM, types.COLLECTION, types.BUCKET)

Done = dict[str, dict[str, list[str]]]


def _as_it_is(goal: Goal) -> Goal:
    return goal


@dataclass(frozen=True, kw_only=True)
class Change:
    """A change of settings. `done` maps types to what happens to their resources; other data stays."""

    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    edit: Spoil = _as_it_is
    done: Done


def _of_consumer(key: str, value: Any) -> dict[str, Any]:
    return {"consumers": {"sync_dynamodb_stream": {key: value}}}


def _private(vpc_id: str) -> dict[str, Any]:
    return {"collection": {"network": {**PRIVATE_NETWORK, "vpc_id": vpc_id}}}


_INDEX = "sync-dynamodb-stream-index-creation"
_MAPPING = {types.MAPPING: {"sync-dynamodb-stream-mapping": ["update"]}}
_CREATIONS = {f"sync-{feed}-stream-index-creation": ["delete first", "create"] for feed in ("dynamodb", "kinesis")}
_NEW_INDEX: Done = {types.INVOCATION: {_INDEX: RENAMED}, types.MAPPING: {}}

ROWS: dict[str, list[Change]] = {
    "name of table, stream or collection": [
        Change(after={"table": {"name": "other"}}, done={types.TABLE: {"source-table": REPLACED}}),
        Change(after={"stream": {"name": "other"}}, done={types.STREAM: {"change-stream": REPLACED}}),
        Change(after={"collection": {"name": "other"}}, done={types.COLLECTION: {"search": REPLACED}}),
    ],
    "`function_name` of a function": [
        Change(
            after=_of_consumer("function_name", "other"),
            done={
                types.FUNCTION: {
                    "sync-dynamodb-stream": RENAMED,
                    "sync-dynamodb-stream-index": RENAMED,
                    "replicate": ["update"],  # parks in the same queue
                },
                types.QUEUE: {"sync-dynamodb-stream-dead-letters": RENAMED},
            },
        ),
        Change(
            after={"table_api": {"function_name": "other"}},
            done={types.FUNCTION: {"api-function": RENAMED}, types.DEPLOYMENT: {"api-deployment": RENAMED}},
        ),
    ],
    "`name_prefix`, `analyses.function_name`": [
        Change(
            after={"name_prefix": "other-"},
            done={
                types.TABLE: {"source-table": REPLACED, "analyses-status": REPLACED},
                types.STREAM: {"change-stream": REPLACED},
                types.COLLECTION: {"search": REPLACED},
                types.DEPLOYMENT: {"api-deployment": RENAMED},
            },
        ),
        Change(
            after={"analyses": {"function_name": "other"}},
            done={types.TABLE: {"analyses-status": REPLACED}, types.DEPLOYMENT: {"api-deployment": RENAMED}},
        ),
    ],
    "`index` of a consumer": [Change(after=_of_consumer("index", "other"), done=_NEW_INDEX)],
    "`images/sync_dynamodb_stream/index.json`, `images/sync_kinesis_stream/index.json`": [
        Change(
            edit=changing(types.INVOCATION, _INDEX, inputs={"input": json.dumps({"index": "lab-table", "new": 1})}),
            done=_NEW_INDEX,
        )
    ],
    "`collection.standby_replicas`": [
        Change(
            after={"collection": {"standby_replicas": False}},
            done={types.COLLECTION: {"search": REPLACED}, types.INVOCATION: _CREATIONS},
        )
    ],
    "`collection.network.vpc_id`": [
        Change(
            before=_private("vpc-0123456789abcdef0"),
            after=_private("vpc-0123456789abcdef1"),
            done={ENDPOINT: {"search-endpoint": REPLACED}, types.MAPPING: {}, types.FUNCTION: {}},
        )
    ],
    "`failure_destination`, or a batching option": [
        Change(
            after=_of_consumer("failure_destination", "s3"),
            done={**_MAPPING, types.BUCKET: {"sync-dynamodb-stream-failures": ["create"]}},
        ),
        Change(after=_of_consumer("batch_size", 10), done=_MAPPING),
    ],
    "`failure_destination` from `s3` back to `sqs`": [
        Change(
            before=_of_consumer("failure_destination", "s3"),
            after=_of_consumer("failure_destination", "sqs"),
            done={**_MAPPING, types.BUCKET: {"sync-dynamodb-stream-failures": ["delete"]}},
        )
    ],
    "`analyses.enabled` to `false`": [
        Change(
            after={"analyses": {"enabled": False}},
            done={
                types.TABLE: {"analyses-status": ["delete"]},
                types.BUCKET: {"analyses-results": ["delete"]},
                types.QUEUE: {
                    f"scilearn-{queue}": ["delete"]
                    for queue in ("requests", "not-handed-over", "successes", "failures")
                },
            },
        )
    ],
    "`architecture`": [
        Change(
            after={"architecture": "x86_64"},
            done={
                types.IMAGE: {
                    f"{image}-image-build": ["update"]
                    for image in ("sync-dynamodb-stream", "sync-kinesis-stream", "replicate", "scilearn", "table-api")
                },
                types.FUNCTION: {
                    name: ["update"]
                    for name in (
                        *(f"sync-{feed}-stream{part}" for feed in ("dynamodb", "kinesis") for part in ("", "-index")),
                        *("replicate", "second-delete", "api-function", "scilearn", "scilearn-status"),
                    )
                },
            },
        )
    ],
}
CASES = [
    pytest.param(row, change, id=f"{row.replace('`', '')}-{number}")
    for row, changes in ROWS.items()
    for number, change in enumerate(changes)
]


def _rows() -> dict[str, str]:
    [table] = re.findall(r"^\| Change \| What happens \|\n\|---\|---\|\n((?:\|.*\n)+)", PAGE, re.MULTILINE)
    return dict(re.findall(r"^\| (.+?) \| (.+) \|$", table, re.MULTILINE))


def _change(stack: Stacks, change: Change, *settings: Mapping[str, Any]) -> Outcome:
    before, after = merged(change.before, *settings), merged(change.before, change.after, *settings)
    return stack(before).up(after, spoil=change.edit)


def test_every_row_is_tried() -> None:
    assert set(ROWS) == set(_rows())


@pytest.mark.parametrize(("row", "change"), CASES)
def test_what_a_row_says_happens(stack: Stacks, row: str, change: Change) -> None:
    outcome = _change(stack, change)
    if REFUSES in _rows()[row]:
        assert outcome.errors
        assert [error for error in outcome.errors if not error.endswith("protected")] == []
        outcome = _change(stack, change, UNPROTECTED)

    assert outcome.errors == ()
    assert {type_: outcome.of(type_) for type_ in change.done} == change.done
    assert [type_ for type_ in DATA if type_ not in change.done and outcome.of(type_)] == []


def test_the_tables_name_needs_its_own_protection_off_too(stack: Stacks) -> None:
    before: dict[str, Any] = {"protect": False}

    [error] = stack(before).up({**before, "table": {"name": "other"}}).errors

    assert "protected against deletion" in error
    assert "`driftless:table: {deletion_protection: false}`, without which DynamoDB keeps the old table" in PAGE


def test_unprotecting_and_removing_in_one_update_is_refused(stack: Stacks) -> None:
    """Pulumi looks at the protection that the state has."""
    outcome = stack().up(merged(UNPROTECTED, {"analyses": {"enabled": False}}))

    assert any("cannot be deleted because it is protected" in error for error in outcome.errors)
    assert "Where Pulumi refuses, two updates are needed: first `driftless:protect: false` and `pulumi up`" in PAGE


@pytest.mark.parametrize(
    ("spoil", "settings", "error"),
    [
        (
            changing(types.COLLECTION, delete_before_replace=None),
            {"collection": {"standby_replicas": False}},
            f"search: AlreadyExists: {types.COLLECTION} lab-search",
        ),
        (
            changing(types.FUNCTION, "api-function", delete_before_replace=None),
            {"table_api": {"function_name": "other"}},
            "api-deployment: BadRequestException: Active stages pointing to this deployment",
        ),
        (
            changing(types.QUEUE, "scilearn-requests", delete_before_replace=None),
            {"analyses": {"function_name": "other"}},
            "api-deployment: BadRequestException: Active stages pointing to this deployment",
        ),
        (
            changing(
                types.DESTINATION,
                inputs={"approximateCreationDateTimePrecision": "MILLISECOND"},
                delete_before_replace=None,
            ),
            {},
            "source-table-destination: AlreadyExists",
        ),
        (
            changing(types.MAPPING, inputs={"startingPosition": "LATEST"}, delete_before_replace=None),
            {},
            "mapping: AlreadyExists",
        ),
        (
            changing(types.LIFECYCLE, inputs={"policy": "{}"}, delete_before_replace=False),
            {},
            "was deleted in place of its predecessor",
        ),
    ],
    ids=["collection", "function", "queue", "destination", "mapping", "lifecycle policy"],
)
def test_a_replacement_in_the_wrong_order_fails(
    stack: Stacks, spoil: Spoil, settings: Mapping[str, Any], error: str
) -> None:
    outcome = stack(UNPROTECTED).up(merged(UNPROTECTED, settings), spoil=spoil)

    assert error in " ".join(outcome.errors)


def test_the_same_changes_in_the_programs_order_succeed(stack: Stacks) -> None:
    edits = (
        changing(types.DESTINATION, inputs={"approximateCreationDateTimePrecision": "MILLISECOND"}),
        changing(types.MAPPING, "sync-dynamodb-stream-mapping", inputs={"startingPosition": "LATEST"}),
        changing(types.LIFECYCLE, inputs={"policy": "{}"}),
    )

    assert [stack(UNPROTECTED).again(spoil=edit).errors for edit in edits] == [(), (), ()]
