"""Builds in the graph."""

from __future__ import annotations

from tests.infra import resource_types as types
from tests.infra.conftest import Deploy


def test_registry_password_is_a_secret_of_each_build(deploy: Deploy) -> None:
    for entry in deploy().all(types.IMAGE):
        [registry] = entry.inputs["registries"]
        assert (registry["username"], registry["password"]) == ("AWS", "registry-password")
