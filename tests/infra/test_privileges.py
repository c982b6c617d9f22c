"""Who takes which role, and who reaches which index, over all rooms."""

from __future__ import annotations

import json

from tests.infra import resource_types as types
from tests.infra.conftest import Deploy
from tests.infra.contracts import all_access
from tests.infra.privileges import data_access


def test_each_role_reaches_the_indexes_that_it_needs_only(deploy: Deploy) -> None:
    graph = deploy()

    assert {entry.name: data_access(graph, entry.name) for entry in graph.all(types.ACCESS_POLICY)} == all_access()


def test_roles_are_taken_by_their_service_alone(deploy: Deploy) -> None:
    services = {
        entry.name: [statement["Principal"] for statement in json.loads(entry.inputs["assumeRolePolicy"])["Statement"]]
        for entry in deploy().all(types.ROLE)
    }

    for gateways in ("api-access-log-account-role", "scilearn-sender-role"):
        assert services.pop(gateways) == [{"Service": "apigateway.amazonaws.com"}]
    assert services.pop("scilearn-pipe-role") == [{"Service": "pipes.amazonaws.com"}]
    assert all(principals == [{"Service": "lambda.amazonaws.com"}] for principals in services.values())
