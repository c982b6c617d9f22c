"""Mutates the modules that only compute, by mutmut: a mutation that no test notices is a rule that nobody checks.

mutmut is no requirement of the repository: uv fetches it for this run. It finds a module by its path, and the rooms of
`images/` are imported without that word, so it works on a copy, laid out as it is imported. Half an hour on two cores;
a run that was stopped goes on. Mutations of what an error says are left out. Not every survivor is a hole: look at it.

Example: python -m tests.mutants && (cd build/mutants && ../../.venv/bin/uvx mutmut@3.8.1 results)
"""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PLACE = ROOT / "build" / "mutants"
MUTMUT = "mutmut@3.8.1"
SOURCES = ("images/changefeed", "images/lambda_kit", "ops", "local", "streams")
MUTATED = (
    "changefeed/batch_*.py",
    "changefeed/decode/*.py",
    "changefeed/plan/*.py",
    "changefeed/write/bulk_answer.py",
    "changefeed/write/document_form.py",
    "changefeed/write/pending_write.py",
    "lambda_kit/field_names.py",
    "lambda_kit/unindexed.py",
    "ops/redrive/untrusted.py",
    "ops/verify/canonical.py",
    "ops/verify/item_key.py",
)
TESTS = (
    *(
        f"tests/changefeed/test_{name}.py"
        for name in (
            "adding_up", "attribute_values", "batch_response", "bulk_answer", "bulk_order", "bulk_writer", "consumer",
            "document_form", "pending_write", "pipeline", "plan", "records", "surviving_mutants",
        )
    ),
    *(
        f"tests/ops/test_{name}.py"
        for name in ("redrive_places", "redrive_unsettled", "surviving_mutants", "verify_canonical")
    ),
)  # fmt: skip
PYTEST = "[pytest]\naddopts = --import-mode=importlib\npythonpath = src .\nmarkers =\n    local\n    containers\n"


def main() -> int:
    """Lays the copy out anew and runs. Returns mutmut's exit code: survivors are no error."""
    _lay_out()
    command: list[str | Path] = [ROOT / ".venv" / "bin" / "uv", "tool", "run", "--python", sys.executable]
    command += ["--with-requirements", ROOT / "requirements-dev.txt", MUTMUT, "run", "--max-children", "2"]
    return subprocess.run(["nice", "-n", "15", *command], cwd=PLACE, check=False).returncode


def _lay_out() -> None:
    for part in ("src", "tests", "images"):
        shutil.rmtree(PLACE / part, ignore_errors=True)
    ignored = shutil.ignore_patterns("__pycache__")
    for source in SOURCES:
        shutil.copytree(ROOT / source, PLACE / "src" / Path(source).name, ignore=ignored)
    for read in ("tests", "images"):
        shutil.copytree(ROOT / read, PLACE / read, ignore=ignored)
    (PLACE / "pytest.ini").write_text(PYTEST)
    settings = {
        "source_paths": ["src"],
        "only_mutate": [f"src/{pattern}" for pattern in MUTATED],
        "do_not_mutate_patterns": [r"raise \w+Error\("],
        "also_copy": ["pytest.ini", "images", "tests"],
        "pytest_add_cli_args": ["-p", "no:cacheprovider", "-q"],
        "pytest_add_cli_args_test_selection": TESTS,
    }
    lines = [f"{name}=" + "".join(f"\n    {value}" for value in values) for name, values in settings.items()]
    (PLACE / "setup.cfg").write_text("[mutmut]\n" + "\n".join([*lines, "use_git_change_detection=false\n"]))


if __name__ == "__main__":
    sys.exit(main())
