"""The log's lines."""

import json

import pytest

from lambda_kit.telemetry import count, log


def test_a_line_is_one_json_object_whatever_it_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    log("it happened", level="WARNING", count=3, problem=ValueError("x\ny"), nothing=None)
    (line,) = capsys.readouterr().out.splitlines()
    parsed = json.loads(line)
    assert parsed.pop("timestamp").startswith("20")
    assert parsed == {"level": "WARNING", "message": "it happened", "count": 3, "problem": "x\ny", "nothing": None}


def test_a_metric_is_what_cloudwatch_reads_out_of_a_log(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "sync")
    count("UnindexedDocuments", 3)
    (line,) = capsys.readouterr().out.splitlines()
    parsed = json.loads(line)
    (definition,) = parsed["_aws"]["CloudWatchMetrics"]
    assert definition["Dimensions"] == [["FunctionName"]]
    assert {metric["Name"]: parsed[metric["Name"]] for metric in definition["Metrics"]} == {"UnindexedDocuments": 3}
    assert parsed["FunctionName"] == "sync"
    assert parsed["_aws"]["Timestamp"] > 1_700_000_000_000
