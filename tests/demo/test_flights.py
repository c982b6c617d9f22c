"""The day of flights as changes, and how they are cut into batches."""

from collections import Counter

import pytest

from demo.checks import late_flights
from demo.flights import FlightChange, Kind, flight_changes
from demo.load import batches
from ops.batch_write import MOST_REQUESTS


@pytest.fixture(scope="module")
def changes() -> list[FlightChange]:
    return flight_changes()


def test_the_day_has_842_flights_and_about_2500_changes(changes: list[FlightChange]) -> None:
    assert Counter(change.kind for change in changes) == {Kind.INSERT: 842, Kind.MODIFY: 1675, Kind.REMOVE: 4}
    assert len({change.flight_id for change in changes}) == 842


def test_each_flight_is_inserted_first_and_never_changed_after_its_removal(changes: list[FlightChange]) -> None:
    kinds: dict[str, list[Kind]] = {}
    for change in changes:
        kinds.setdefault(change.flight_id, []).append(change.kind)
    assert {tuple(story) for story in kinds.values()} == {
        (Kind.INSERT, Kind.MODIFY, Kind.MODIFY),
        (Kind.INSERT, Kind.MODIFY),
        (Kind.INSERT, Kind.REMOVE),
    }


def test_changes_are_numbered_in_order_and_items_carry_their_number(changes: list[FlightChange]) -> None:
    assert [change.number for change in changes] == list(range(1, len(changes) + 1))
    assert all(change.item["change"] == change.number for change in changes if change.item)


def test_two_flights_to_los_angeles_were_more_than_an_hour_late(changes: list[FlightChange]) -> None:
    assert late_flights(changes) == ["2013-01-01-AA-181-JFK", "2013-01-01-B6-673-JFK"]


def test_a_batch_never_holds_two_changes_of_one_flight(changes: list[FlightChange]) -> None:
    made = list(batches(changes))
    assert [change for batch in made for change in batch] == changes
    assert all(len({change.flight_id for change in batch}) == len(batch) <= MOST_REQUESTS for batch in made)
