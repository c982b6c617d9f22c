"""Puts images/, the Docker build context with the functions' packages, on the import path.

Whatever starts a process names this module: `ops`, `bench` and `tests.torture`. (pytest and mypy have the folder in
pyproject.toml.) A .pth file written by `make install` would do it without an import, but `python -m ops` would then
start in no environment that was made otherwise, or earlier.
"""

import sys

IMAGES = f"{__file__.rpartition('/ops/')[0]}/images"  # pathlib takes 10 ms, before Ctrl-C can end quietly
if IMAGES not in sys.path:
    sys.path.append(IMAGES)
