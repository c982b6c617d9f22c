"""What capabilities export is merged, and never lost under a name that another has."""

from __future__ import annotations

import pytest

from infra.capability import Capability, merged_exports


def test_mappings_of_several_capabilities_become_one() -> None:
    first = Capability(exports={"url": "u", "functions": {"a": 1}})
    second = Capability(exports={"functions": {"b": 2}})

    assert merged_exports([first, Capability(), second]) == {"url": "u", "functions": {"a": 1, "b": 2}}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"url": "u"}, {"url": "v"}),
        ({"url": "u"}, {"url": {"a": 1}}),
        ({"url": {"a": 1}}, {"url": "u"}),
        ({"functions": {"a": 1}}, {"functions": {"a": 2}}),
    ],
)
def test_a_name_that_two_export_is_an_error(first: dict[str, object], second: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="Two capabilities export"):
        merged_exports([Capability(exports=first), Capability(exports=second)])
