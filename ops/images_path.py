"""Puts images/, the Docker build context with the functions' packages, on the import path.

Whatever starts a process names this module: `ops`, `bench` and `tests.torture`. (pytest and mypy have the folder in
pyproject.toml.) A .pth file written by `make install` would do it without an import, but `python -m ops` would then
start in no environment that was made otherwise, or earlier.
"""

import sys
from pathlib import Path

IMAGES = str(Path(__file__).resolve().parent.parent / "images")
if IMAGES not in sys.path:
    sys.path.append(IMAGES)
