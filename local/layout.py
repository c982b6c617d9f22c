"""Names the local stack's files: everything is below `.local/`, which git ignores, or below
`$DRIFTLESS_LOCAL_DIRECTORY`, for a second stack beside the first."""

from dataclasses import dataclass, field
from pathlib import Path

from cli.paths import folder_of_environment

ROOT = Path(__file__).resolve().parent.parent
DIRECTORY_VARIABLE = "DRIFTLESS_LOCAL_DIRECTORY"


def _directory() -> Path:
    return folder_of_environment(DIRECTORY_VARIABLE) or ROOT / ".local"


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Paths of one local stack."""

    directory: Path = field(default_factory=_directory)

    @property
    def lock_file(self) -> Path:
        """Returns the file that the running stack holds locked."""
        return self.directory / "lock"

    @property
    def state_file(self) -> Path:
        """Returns the file of the running stack's outputs, ports and process ids."""
        return self.directory / "stack.json"

    @property
    def status_file(self) -> Path:
        """Returns the file of counters, written twice a second."""
        return self.directory / "status.json"

    @property
    def end_file(self) -> Path:
        """Returns the file that says why the last stack has ended, if nobody asked it to."""
        return self.directory / "end.json"

    @property
    def data(self) -> Path:
        """Returns the directory of the services' data; every start empties it."""
        return self.directory / "data"

    def log(self, name: str) -> Path:
        """Returns the file of a program's log."""
        return self.directory / "logs" / f"{name}.log"
