"""docs/analyses.md says what is so: analyses, options, defaults, reasons, answers of the API, settings."""

from __future__ import annotations

import json
import re

import pytest

from infra.api.queue_answers import ANSWERS
from infra.settings.sections import Settings
from scilearn.analyses import ANALYSES
from scilearn.request_schema import INPUTS, checked
from scilearn.status_answer import STOPPED
from tests.infra.deployment import ROOT

PAGE = (ROOT / "docs/analyses.md").read_text(encoding="utf-8")


def _row(name: str) -> str:
    [row] = [line for line in PAGE.splitlines() if line.startswith(f"| `{name}` |")]
    return row


@pytest.mark.parametrize("analysis", ANALYSES)
def test_every_option_of_an_analysis_is_in_its_row_with_its_default(analysis: str) -> None:
    options = _row(analysis).rpartition(" | ")[2]

    assert set(re.findall(r"`([a-z_]+)`", re.sub(r"\([^)]*\)", "", options))) == set(ANALYSES[analysis].options)
    for name, schema in ANALYSES[analysis].options.items():
        if isinstance(schema.get("default"), int | float):
            assert f"`{name}` ({schema['default']:g})" in options
    assert ("required" in options) == bool(ANALYSES[analysis].required)


@pytest.mark.parametrize("kind", INPUTS)
def test_every_member_of_an_input_is_in_its_row(kind: str) -> None:
    assert [name for name in INPUTS[kind][0] if f"`{name}`" not in _row(kind)] == []


def test_every_reason_that_the_code_gives_has_a_row() -> None:
    sources = "\n".join(file.read_text(encoding="utf-8") for file in (ROOT / "images/scilearn").rglob("*.py"))
    given = set(re.findall(r'(?:PermanentError|TransientError)\(\s*"([a-z_]+)"', sources)) | {STOPPED["code"]}
    given.add("out_of_memory")

    assert len(given) > 20
    assert [code for code in sorted(given) if f"`{code}`" not in PAGE] == []


def test_the_example_request_is_one() -> None:
    [example] = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)

    assert checked(json.loads(example))["options"]["model"] == "ridge"


def test_answers_of_the_queue_have_rows_with_their_codes() -> None:
    for answer in ANSWERS:
        if answer.error:
            assert f"| {answer.status} `{json.loads(answer.error)['error']['code']}` |" in PAGE


def test_settings_are_named_with_their_defaults() -> None:
    sections = Settings().model_dump().values()
    [settings] = [section for section in sections if isinstance(section, dict) and "link_seconds" in section]

    assert f"`link_seconds` ({settings['link_seconds']})" in PAGE
    assert f"`result_days` ({settings['result_days']})" in PAGE
    named = {"on_success", "on_failure", "file_system", "input_locations", "reserved_concurrency", "search_input"}
    assert named <= set(settings)
    assert [name for name in sorted(named) if name not in PAGE] == []
