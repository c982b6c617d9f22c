"""What the demo asks the analysis service about the flights of January, and what it must answer, computed here apart.

A flight is late by its arrival; those without one (cancelled, diverted) have no delay.
"""

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Mapping
from statistics import fmean
from typing import Any

from demo.flights import MISSING, rows_of

COLUMNS = ("day", "hour", "carrier", "origin", "distance", "dep_delay", "arr_delay")
MODEL_ROWS = 10_000
POISON_TARGET, REPAIRED_TARGET = "arrival_delay", "arr_delay"


def january() -> list[dict[str, str]]:
    """The flights of January 2013, 27,004 of them, as the file has them."""
    flights = []
    for row in rows_of("flights.csv"):
        if row["month"] == "1":
            flights.append({name: row[name] for name in COLUMNS})
        elif row["month"] != "10" or flights:
            break  # January comes first; the file goes on with October
    return flights


def as_csv(flights: Iterable[Mapping[str, str]]) -> bytes:
    """The flights as a CSV file."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    writer.writerows(flights)
    return text.getvalue().encode()


def mean_delays(flights: Iterable[Mapping[str, str]]) -> dict[str, float]:
    """Carrier to its mean delay at arrival, in minutes."""
    delays = defaultdict(list)
    for flight in flights:
        if flight["arr_delay"] not in MISSING:
            delays[flight["carrier"]].append(float(flight["arr_delay"]))
    return {carrier: fmean(values) for carrier, values in delays.items()}


def days(flights: Iterable[Mapping[str, str]]) -> list[dict[str, float]]:
    """A row a day: flights, cancelled ones, mean delay in minutes."""
    by_day: dict[str, list[Mapping[str, str]]] = defaultdict(list)
    for flight in flights:
        by_day[flight["day"]].append(flight)
    return [
        {
            "day": int(day),
            "flights": len(found),
            "cancelled": sum(flight["dep_delay"] in MISSING for flight in found),
            "mean_delay": round(fmean(float(f["arr_delay"]) for f in found if f["arr_delay"] not in MISSING), 2),
        }
        for day, found in by_day.items()
    ]


def requests_for(flights: list[dict[str, str]], source: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """The requests by name. `source` is the S3 input with the flights as CSV; the index holds the demo's own day."""
    return {
        "delay-by-carrier": {
            "analysis": "describe",
            "input": source,
            "options": {"columns": ["arr_delay"], "by": ["carrier"]},
        },
        "delay-by-hour": {
            "analysis": "describe",
            "input": source,
            "options": {"columns": ["arr_delay"], "by": ["hour"]},
            "plots": False,
        },
        "delay-model": {
            "analysis": "regress",
            "input": source,
            "options": {
                "target": "arr_delay",
                "features": ["carrier", "hour", "origin", "distance", "day"],
                "model": "gradient_boosting",
            },
            "max_rows": MODEL_ROWS,
        },
        "odd-days": {
            "analysis": "anomalies",
            "input": {"type": "rows", "rows": days(flights)},
            "options": {"features": ["flights", "cancelled", "mean_delay"], "contamination": 0.1},
        },
        "late-in-the-index": {
            "analysis": "describe",
            "input": {"type": "search", "filters": [{"field": "arrival_delay_minutes", "from": 60}]},
            "options": {"columns": ["arrival_delay_minutes"], "by": ["airline"]},
            "plots": False,
        },
    }


def poison(source: Mapping[str, str]) -> dict[str, Any]:
    """A request that the API takes and no attempt can do: its column is not there."""
    return {"analysis": "regress", "input": source, "options": {"target": POISON_TARGET, "features": ["hour"]}}
