"""Where the local stack keeps what: everything below `.local/`, which git ignores, or below
`$DRIFTLESS_LOCAL_DIRECTORY`, for a second stack beside the first."""

import os
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def _directory() -> Path:
    return Path(os.environ.get("DRIFTLESS_LOCAL_DIRECTORY") or ROOT / ".local").resolve()


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Paths of one local stack."""

    directory: Path = field(default_factory=_directory)

    @property
    def lock_file(self) -> Path:
        """Held by the running stack."""
        return self.directory / "lock"

    @property
    def state_file(self) -> Path:
        """Outputs, ports and process ids of the running stack."""
        return self.directory / "stack.json"

    @property
    def status_file(self) -> Path:
        """Counters, written twice a second."""
        return self.directory / "status.json"

    @property
    def data(self) -> Path:
        """The services' data; emptied at every start."""
        return self.directory / "data"

    def log(self, name: str) -> Path:
        """A program's log."""
        return self.directory / "logs" / f"{name}.log"
