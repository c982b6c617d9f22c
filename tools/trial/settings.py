"""The trial's stack: its name, and the settings of docs/deploy.md, "A stack to try things with"."""

import platform
from pathlib import Path
from typing import Any

import yaml

NAME = "trial"
FILE = Path(f"Pulumi.{NAME}.yaml")
"""In the folder of the program, where `make` and Pulumi run."""


def settings(region: str, operator: str, machine: str | None = None) -> dict[str, Any]:
    """Makes the stack's configuration. Images are built for this machine's own processor, without emulation."""
    arm = (machine or platform.machine()) in ("arm64", "aarch64")
    return {
        "aws:region": region,
        "driftless:name_prefix": f"{NAME}-",
        "driftless:protect": False,
        "driftless:architecture": "arm64" if arm else "x86_64",
        "driftless:table": {"deletion_protection": False},
        "driftless:collection": {"standby_replicas": False},
        "driftless:operators": {"arns": [operator]},
    }


def write_settings(region: str, operator: str, file: Path = FILE) -> None:
    """Writes them below what `pulumi stack init` has put into the file."""
    known = yaml.safe_load(file.read_text()) if file.exists() else None
    file.write_text(yaml.safe_dump({**(known or {}), "config": settings(region, operator)}, sort_keys=False))
