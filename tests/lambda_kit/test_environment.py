"""Environment variables: what counts as set, and that all problems are reported together."""

import pytest

from lambda_kit.environment import Variables
from lambda_kit.errors import SettingsError


def test_all_problems_are_reported_at_once() -> None:
    variables = Variables({"BLANK": "  ", "URL": "http://example.com", "SIZE": "11"})
    variables.text("ABSENT")
    variables.text("BLANK")
    variables.endpoint("URL")
    variables.number("SIZE", 5, lowest=1, highest=10)
    with pytest.raises(SettingsError) as error:
        variables.raise_problems()
    for problem in (
        "ABSENT is not set",
        "BLANK is not set",
        "URL must be an https",
        "SIZE must be a whole number",
    ):
        assert problem in str(error.value)


def test_an_absent_endpoint_is_reported_once_where_it_must_be_set() -> None:
    variables = Variables({})
    assert variables.optional_endpoint("URL") is None
    assert variables.problems == []
    variables.endpoint("URL")
    assert variables.problems == ["URL is not set"]


@pytest.mark.parametrize("text", ["", "-1", "1.5", "1e3", "٣", "11", "0"])
def test_a_number_is_whole_and_inside_its_limits(text: str) -> None:
    variables = Variables({"SIZE": text})
    assert variables.number("SIZE", 5, lowest=1, highest=10) == 1
    assert len(variables.problems) == 1


def test_good_variables_raise_nothing() -> None:
    variables = Variables({"NAME": " table ", "URL": "https://search.example.com", "SIZE": "10"})
    found = variables.text("NAME"), variables.endpoint("URL"), variables.number("SIZE", None, lowest=1, highest=10)
    variables.raise_problems()
    assert found == ("table", "https://search.example.com", 10)
    assert variables.number("ABSENT", 5, lowest=1, highest=10) == 5
