"""Where the local stack keeps what: everything below `.local/`, which git ignores."""

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Paths of one local stack."""

    directory: Path = ROOT / ".local"

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
