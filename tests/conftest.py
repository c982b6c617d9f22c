"""Holds every boto3 call of every test against AWS's own models: a test that makes one that AWS would refuse fails.

That is more than botocore checks by itself, see service_models/limits.py. Processes that a test starts inherit the
check by their environment.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.service_models.watch import JOURNAL, switch_on

INHERITED = Path(__file__).parent / "service_models" / "inherited"


class Journal:
    """The file of refused calls, read as it grows."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.path.touch()
        self._read = 0

    def unread(self) -> list[str]:
        """Returns the new lines, each once."""
        with self.path.open() as journal:
            journal.seek(self._read)
            lines = journal.read().splitlines()
            self._read = journal.tell()
        return list(dict.fromkeys(lines))


class Watch:
    """The plugin: a journal for this process and its children, looked at after each phase of each test."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def _phase(self) -> Generator[None, object, object]:
        try:
            return (yield)
        finally:
            if found := self._journal.unread():
                raise AssertionError("AWS would refuse:\n" + "\n".join(found))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self) -> Generator[None, object, object]:
        return (yield from self._phase())

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self) -> Generator[None, object, object]:
        return (yield from self._phase())

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_teardown(self) -> Generator[None, object, object]:
        return (yield from self._phase())


def pytest_configure(config: pytest.Config) -> None:
    """Switches the watch on; a worker of xdist is a process of its own and gets a journal of its own."""
    directory = tempfile.TemporaryDirectory()
    config.add_cleanup(directory.cleanup)
    journal = Journal(Path(directory.name) / "refused_calls")
    os.environ[JOURNAL] = str(journal.path)
    paths = [str(INHERITED), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    os.environ["PYTHONPATH"] = os.pathsep.join(dict.fromkeys(paths))
    switch_on()
    config.pluginmanager.register(Watch(journal))
