"""An input of ten times the function's memory, measured in a separate process: the peak stays below the memory."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest

from scilearn.limits import Limits

ROOT = Path(__file__).parents[2]
MEMORY_MB = 512
TEXT_COLUMNS, TEXT_LENGTH = 12, 1_000
CELL_BYTES = TEXT_LENGTH + 1  # as CSV

WORKER = """
import json, sys
from pathlib import Path
from scilearn.usage import peak_mb
from tests.images.scilearn_fakes import Service, pipe_event

path, memory_mb, file_format, request = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], json.loads(sys.argv[4])

class FileS3:
    def get_object(self, **_):
        return {"ContentLength": path.stat().st_size, "Body": path.open("rb")}
    def put_object(self, **_):
        return {}

service = Service(memory_mb=memory_mb, s3=FileS3(), directory=path.parent)
source = {"type": "s3", "bucket": "data", "key": "in/f", "format": file_format}
report = {"state": "failed"}
try:
    report = service.handle(pipe_event(request | {"input": source}), seconds_left=600)
except Exception as error:
    report["error"] = str(error)
print(json.dumps(report | {"peak_mb": peak_mb(), "usage": service.status()["usage"]}))
"""


def run_worker(path: Path, file_format: str, request: dict[str, Any]) -> dict[str, Any]:
    arguments = [str(path), str(MEMORY_MB), file_format, json.dumps(request)]
    ended = subprocess.run(
        [sys.executable, "-c", WORKER, *arguments],
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'images'}", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-2000:]
    report: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return report


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Parquet file that is more than ten times the memory when it is read, and small on the disk."""
    rows = 10 * MEMORY_MB * 1024 * 1024 // (TEXT_COLUMNS * CELL_BYTES) + 1
    path = tmp_path_factory.mktemp("large") / "large.parquet"
    texts = ", ".join(f"t AS t{column}" for column in range(TEXT_COLUMNS))
    inner = f"repeat(chr((97 + i % 20)::INTEGER), {TEXT_LENGTH}) AS t FROM range({rows}) r(i)"
    query = f"SELECT y, x, {texts} FROM (SELECT (i % 1000)::DOUBLE AS y, (i % 77)::DOUBLE AS x, {inner})"  # noqa: S608
    connection = duckdb.connect(config={"temp_directory": str(path.parent)})
    connection.execute(f"COPY ({query}) TO '{path}' (FORMAT PARQUET, ROW_GROUP_SIZE 20000)")
    return path


def test_an_input_of_ten_times_the_memory_stays_within_it_and_says_that_it_is_sampled(large: Path) -> None:
    options = {"target": "y", "model": "gradient_boosting", "folds": 2}
    report = run_worker(large, "parquet", {"analysis": "regress", "options": options, "max_rows": 1_000_000})
    assert report["state"] == "succeeded", report
    assert report["usage"]["sampled"] is True
    assert report["usage"]["rows_used"] == Limits(memory_mb=MEMORY_MB).rows(10**9, numbers=2, texts=TEXT_COLUMNS)[0]
    assert report["peak_mb"] <= MEMORY_MB, report


def test_one_value_that_is_larger_than_the_memory_is_refused_with_a_reason(tmp_path: Path) -> None:
    path = tmp_path / "huge.jsonl"
    with path.open("w") as file:
        file.write('{"a": 1, "t": "')
        for _ in range(64):
            file.write("x" * 1024 * 1024)
        file.write('"}\n')
    report = run_worker(path, "jsonl", {"analysis": "describe"})
    assert report["state"] == "failed"
    assert "input_unreadable" in report["error"] or "input_too_large" in report["error"]
    assert report["peak_mb"] <= MEMORY_MB
