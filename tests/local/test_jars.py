"""The node's jars: fetched once by one of those who want them, and never found half there."""

import threading
import time
from pathlib import Path

import pytest

from local.errors import LocalStackError
from local.services.jars import COORDINATES, cache_directory, class_path

JARS = ("a.jar", "b.jar")


@pytest.fixture(autouse=True)
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def said(_: str) -> None:
    """Nobody listens."""


class Central:
    """Writes as jgo does: piece by piece, at the place where the file will be looked for."""

    def __init__(self, *, fails_at: str | None = None, seconds: float = 0.0) -> None:
        self.fetched = 0
        self._fails_at = fails_at
        self._seconds = seconds

    def __call__(self, folder: Path) -> list[Path]:
        self.fetched += 1
        for name in JARS:
            jar = folder / "repository" / name
            jar.parent.mkdir(exist_ok=True)
            assert not jar.exists()
            jar.write_text("ha")
            time.sleep(self._seconds)
            if name == self._fails_at:
                raise AssertionError
            jar.write_text("half and half")
        return [folder / "repository" / name for name in JARS]


def found(path: str) -> list[tuple[str, str]]:
    return [(Path(jar).name, Path(jar).read_text()) for jar in path.split(":")]


WHOLE = [(name, "half and half") for name in JARS]


def test_jars_are_fetched_once_and_announced() -> None:
    central, lines = Central(), list[str]()
    assert found(class_path(lines.append, central)) == found(class_path(lines.append, central)) == WHOLE
    assert central.fetched == len(lines) == 1
    assert "95 jars" in lines[0]


def test_of_many_who_want_them_at_once_one_fetches_and_all_get_them_whole() -> None:
    central, results = Central(seconds=0.05), list[str]()
    threads = [threading.Thread(target=lambda: results.append(class_path(said, central))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found(result) for result in results] == [WHOLE] * 6
    assert central.fetched == 1


def test_a_fetch_that_failed_says_why_and_leaves_nothing_in_the_way_of_the_next() -> None:
    with pytest.raises(LocalStackError, match="Maven Central: AssertionError"):
        class_path(said, Central(fails_at="b.jar"))
    assert [entry.name for entry in cache_directory().iterdir()] == ["fetching.lock"]
    assert found(class_path(said, Central())) == WHOLE


def test_what_a_killed_fetch_left_is_thrown_away() -> None:
    left = cache_directory() / f"{COORDINATES.replace(':', '-')}.part" / "repository"
    left.mkdir(parents=True)
    (left / "a.jar").write_text("ha")
    assert found(class_path(said, Central())) == WHOLE
    assert not left.parent.exists()
