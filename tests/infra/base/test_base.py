"""Names."""

from __future__ import annotations

from infra.base.names import bounded_name


def test_long_names_are_cut_and_stay_different() -> None:
    first, second = (bounded_name("a" * 40 + end, limit=32) for end in ("1", "2"))

    assert len(first) == len(second) == 32
    assert first != second
    assert bounded_name("short", limit=32) == "short"
