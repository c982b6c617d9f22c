"""What disqualifies an arm, and that the documents are the same every time."""

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from bench.sync import plot, targets
from bench.sync.check import dearer
from bench.sync.contents import Contents, _digest, difference, expected
from bench.sync.documents import SIZES, Change, delete_heavy, flights, orders, with_duplicates, zipf
from bench.sync.stages import HELPERS
from changefeed.decode.attribute_values import encode_document


def as_indexed(changes: Sequence[Change], **numbers: Any) -> Contents:
    """The digest of what the handlers would have written, parsed as the benchmark parses it."""
    held = {
        change.key["id"]["S"]: json.loads(encode_document(change.image), **(numbers or {"parse_float": Decimal}))
        for change in changes
        if change.image is not None
    }
    return _digest(held.items())


@pytest.mark.parametrize(("name", "size"), SIZES.items())
def test_an_order_has_its_size_to_the_byte_and_is_the_same_every_time(name: str, size: int) -> None:
    first, second = orders(3, size), orders(3, size)
    assert first == second
    assert {len(encode_document(change.image or {})) for change in first} == {size}


def test_the_mixes_are_what_they_are_called() -> None:
    deletes = [change.image is None for change in delete_heavy(900)]
    assert 0.28 < sum(deletes) / 900 < 0.38
    keys = [change.key["id"]["S"] for change in with_duplicates(1_000)]
    assert 0.25 < 1 - len(set(keys)) / 1_000 < 0.35
    hot = [change.key["id"]["S"] for change in zipf(1_000)]
    assert hot.count(max(set(hot), key=hot.count)) > 50
    assert len(flights(3_000)) == 3_000


def test_what_was_written_has_the_expected_digest_whatever_its_order() -> None:
    changes = orders(20, 1_000)
    assert difference(expected(changes), as_indexed(changes)) is None
    assert difference(expected(changes), as_indexed(changes[::-1])) is None
    assert difference(expected(changes), as_indexed(changes, parse_float=lambda text: Decimal(text) + 0)) is None


def test_a_lost_document_and_a_changed_value_disqualify() -> None:
    changes = orders(20, 1_000)
    assert difference(expected(changes), as_indexed(changes[:-1])) == "19 documents of 20"
    image = dict(changes[0].image or {}) | {"total": {"N": "0.01"}}
    changed = [Change(key=changes[0].key, image=image), *changes[1:]]
    assert difference(expected(changes), as_indexed(changed)) == "other content than the table's"


def test_only_the_last_change_of_an_item_is_expected() -> None:
    (kept, gone) = orders(2, 1_000)
    assert expected([kept, gone, Change(key=gone.key, image=None)]) == expected([kept])


def test_dearer_by_sixteen_percent_is_told_and_by_fourteen_is_not() -> None:
    assert dearer({"a": 1.14, "b": 1.16, "c": 1.0}, {"a": 1.0, "b": 1.0}) == [
        "b: 1.160 of the reference, was 1.000: +16%",
        "c: not in the baseline; run with --update",
    ]


def arm(speed: int | None, of_raw: float | None = None) -> dict[str, Any]:
    rates = None if speed is None else {"median": speed, "min": speed - 1, "max": speed + 1}
    return {"docs_per_second": rates, "of_raw": of_raw, "disqualified": None if speed else "lost"}


def test_a_line_holds_only_when_it_was_measured() -> None:
    cpu = {name: {"whole": 12.0, HELPERS: 60.0} for name in targets.HANDLERS}
    result = {
        "arms": {targets.HANDLERS[0]: arm(9_000, 0.9), targets.HANDLERS[1]: arm(None),
                 HELPERS: arm(3_000), targets.ONE_BY_ONE: arm(300)},
        "rtt": {}, "stages": {"cpu_us_per_record": {"1 KB": cpu}}, "cold_start_ms": {}, "memory_mb": {},
    }  # fmt: skip
    held = {line.text for line in targets.lines(result) if line.holds}
    first, second = targets.HANDLERS
    assert f"{first} at 1 KB, of raw bulk" in held
    assert f"{first}: times the documents per second of {targets.ONE_BY_ONE}" in held
    assert not any(text.startswith(f"{second} at") for text in held)
    assert not any("round trip" in text or "import" in text for text in held)


def test_a_disqualified_arm_has_no_bar() -> None:
    svg = plot.bars({"raw_bulk": arm(10_000), "lossy": arm(None)}, "Title & more")
    assert svg.count("<rect") == 2  # the ground and one bar
    assert "it lost data" in svg
    assert "Title &amp; more" in svg
