"""What the demo asks of the analyses, and what it checks their answers against."""

import pytest

from demo.analyses.questions import COLUMNS, as_csv, days, january, mean_delays, poison, requests_for
from scilearn.errors import PermanentError
from scilearn.request_schema import checked


def test_every_request_of_the_demo_is_one_that_the_service_takes() -> None:
    flights = january()
    assert len(flights) == 27_004
    assert as_csv(flights).count(b"\n") == 27_005
    source = {"type": "s3", "bucket": "bucket", "key": "flights.csv", "format": "csv"}
    for request in requests_for(flights, source).values():
        checked(request)
        assert set(request["options"].get("features", ())) <= {*COLUMNS, "flights", "cancelled", "mean_delay"}
    mistaken = checked(poison(source))
    assert mistaken["options"]["target"] not in COLUMNS, "it passes every check, and no column of it is there"
    with pytest.raises(PermanentError):
        checked(poison(source) | {"analysis": "none"})


def test_what_the_demo_checks_against_is_computed_from_the_flights() -> None:
    flights = [
        {"day": "1", "carrier": "A", "arr_delay": "10", "dep_delay": "1"},
        {"day": "1", "carrier": "A", "arr_delay": "-5", "dep_delay": "1"},
        {"day": "2", "carrier": "B", "arr_delay": "3", "dep_delay": "0"},
        {"day": "2", "carrier": "B", "arr_delay": "NA", "dep_delay": "NA"},
    ]
    assert mean_delays(flights) == {"A": 2.5, "B": 3.0}
    assert days(flights) == [
        {"day": 1, "flights": 2, "cancelled": 0, "mean_delay": 2.5},
        {"day": 2, "flights": 2, "cancelled": 1, "mean_delay": 3.0},
    ]
