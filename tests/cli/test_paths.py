"""The program's own folders are made and tried out, and what is in the way is said."""

from pathlib import Path

import pytest

from cli.errors import UsageError
from cli.paths import folder_of_environment, own_folder


def test_a_folder_of_its_own_is_made_with_those_above_it(tmp_path: Path) -> None:
    assert own_folder(tmp_path / "build" / "verify").is_dir()
    assert own_folder(tmp_path / "build" / "verify").is_dir(), "and may be there"


@pytest.mark.parametrize("name", ["file", "file/below"])
def test_a_file_in_its_way_is_wrong_usage(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("kept")
    with pytest.raises(UsageError, match="file"):
        own_folder(tmp_path / name)
    assert (tmp_path / "file").read_text() == "kept"


def test_a_folder_that_takes_no_file_is_wrong_usage() -> None:
    with pytest.raises(UsageError, match="can't be written to"):
        own_folder(Path("/proc/self"))


def test_a_variable_that_is_not_set_names_no_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("THE_FOLDER", raising=False)
    assert folder_of_environment("THE_FOLDER") is None
    monkeypatch.setenv("THE_FOLDER", "")
    assert folder_of_environment("THE_FOLDER") is None
    monkeypatch.setenv("THE_FOLDER", str(tmp_path / "still to be made"))
    assert folder_of_environment("THE_FOLDER") == tmp_path / "still to be made"
