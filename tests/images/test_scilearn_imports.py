"""What the two entries import, in separate processes: a status never pays for science, no analysis for plots."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
VARIABLES = {
    "AWS_REGION": "eu-central-1",
    "STATUS_TABLE": "t",
    "RESULTS_BUCKET": "b",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024",
    "QUEUE_RETENTION_SECONDS": "345600",
}


def imported(module: str) -> set[str]:
    """The top-level packages that an import brings."""
    code = f"import {module}, sys; print(*{{name.partition('.')[0] for name in sys.modules}})"
    environment = {**os.environ, **VARIABLES, "PYTHONPATH": str(ROOT / "images")}
    process = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    return set(process.stdout.split())


def test_the_status_entry_imports_nothing_scientific() -> None:
    heavy = {"numpy", "pandas", "scipy", "sklearn", "matplotlib", "duckdb", "opensearchpy", "fastjsonschema", "boto3"}
    assert not imported("scilearn.status_handler") & heavy


def test_the_analysis_entry_imports_models_plots_and_readers_only_when_they_are_used() -> None:
    found = imported("scilearn.handler")
    assert "pandas" in found
    assert not found & {"scipy", "sklearn", "matplotlib", "duckdb", "opensearchpy", "boto3"}


def test_wrong_settings_are_told_together() -> None:
    from lambda_kit.errors import SettingsError
    from scilearn.environment import AnalysisEnvironment, StatusEnvironment

    with pytest.raises(SettingsError) as failure:
        AnalysisEnvironment.from_env(
            {"INPUT_LOCATIONS": "bucket", "OPENSEARCH_INDEX": "i", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128"}
        )
    for name in ("AWS_REGION", "STATUS_TABLE", "RESULTS_BUCKET", "INPUT_LOCATIONS", "OPENSEARCH_ENDPOINT", "MEMORY_SI"):
        assert name in str(failure.value)
    with pytest.raises(SettingsError, match="QUEUE_RETENTION_SECONDS"):
        StatusEnvironment.from_env({"AWS_REGION": "r", "STATUS_TABLE": "t"})


def test_settings_have_defaults_and_units() -> None:
    from scilearn.environment import AnalysisEnvironment

    found = AnalysisEnvironment.from_env({**VARIABLES, "INPUT_LOCATIONS": "s3://data-1/in/, s3://data-2/"})
    assert found.input_locations == (("data-1", "in/"), ("data-2", ""))
    assert (found.kept_seconds, found.maximum_tries, found.memory_mb) == (30 * 86_400, 3, 1024)
