"""Judges paths before the work: what can't be written hours later is said now, with what to do about it.

The folder above must be there: a mistyped path is an error, not a new tree. Rights are tried out, not computed: only
the system knows of read-only mounts, quotas and access lists.
"""

import argparse
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from cli.errors import UsageError


def file_to_write(text: str) -> Path:
    """Reads the path of a file that a command writes or replaces; a type for argparse."""
    return _judged(Path(text), file_problem)


def folder_to_fill(text: str) -> Path:
    """Reads the path of a folder that a command makes or fills; a type for argparse."""
    return _judged(Path(text), folder_problem)


def own_folder(folder: Path) -> Path:
    """Makes a folder of the program's own, with those above it. Raises UsageError where it can't be filled."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"The folder {folder} can't be made: {error.strerror}.") from None
    if problem := folder_problem(folder):
        raise UsageError(f"{problem}.")
    return folder


def folder_of_environment(variable: str) -> Path | None:
    """Returns the folder that a variable names, there or still to be made. Raises UsageError for anything else."""
    text = os.environ.get(variable)
    if not text:
        return None
    path = Path(text).resolve()
    problem = _kind_problem(path)
    if problem:
        raise UsageError(f"{variable}: {problem}.")
    return path


def file_problem(path: Path) -> str | None:
    """Says why the file can't be written; None when it can."""
    if path.is_dir():
        return f"{path} is a folder: name a file in it"
    if path.exists() and not os.access(path, os.W_OK):
        return f"{path} may not be written: change its rights, or name another file"
    return _no_folder(path.absolute().parent) or _not_writable(path.absolute().parent)


def folder_problem(path: Path) -> str | None:
    """Says why the folder can't be filled; None when it can, or can be made."""
    return _kind_problem(path) or _not_writable(path if path.exists() else path.absolute().parent)


def _kind_problem(path: Path) -> str | None:
    if path.exists():
        return None if path.is_dir() else f"{path} is a file: name a folder"
    return _no_folder(path.absolute().parent)


def _no_folder(folder: Path) -> str | None:
    if folder.is_dir():
        return None
    if folder.exists():
        return f"{folder} is a file, so nothing can be below it: name another path"
    return f"there is no folder {folder}: make it (mkdir -p), or name another path"


def _not_writable(folder: Path) -> str | None:
    try:
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        return f"{folder} can't be written to ({error.strerror}): change its rights, or name another path"
    return None


def _judged(path: Path, problem_of: Callable[[Path], str | None]) -> Path:
    try:
        problem = problem_of(path)
    except OSError as error:  # a name that is too long, a folder that may not be looked into
        problem = f"{path}: {error.strerror}"
    if problem:
        raise argparse.ArgumentTypeError(problem)
    return path
