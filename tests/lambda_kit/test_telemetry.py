"""The log's lines."""

import json

import pytest

from lambda_kit.telemetry import log


def test_a_line_is_one_json_object_whatever_it_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    log("it happened", level="WARNING", count=3, problem=ValueError("x\ny"), nothing=None)
    (line,) = capsys.readouterr().out.splitlines()
    parsed = json.loads(line)
    assert parsed.pop("timestamp").startswith("20")
    assert parsed == {"level": "WARNING", "message": "it happened", "count": 3, "problem": "x\ny", "nothing": None}
