"""Runs a program as Pulumi's own Python host does, in a process of its own: `language_host.py PROGRAM < settings`.

It stands in for `pulumi-language-python-exec`, which comes with the CLI; the runtime that it starts is the real one.
"""

from __future__ import annotations

import asyncio
import json
import runpy
import sys
from typing import Any

import pulumi
from pulumi.runtime import config as stack_config


def main(program: str, settings: dict[str, Any]) -> None:
    """Connects to the engine's address, then runs the program inside a stack."""
    stack_config.set_all_config(settings["config"])
    pulumi.runtime.configure(
        pulumi.runtime.Settings(
            project=settings["project"],
            stack=settings["stack"],
            organization="organization",
            root_directory=settings["root"],
            monitor=settings["address"],
            engine=settings["address"],
            parallel=16,
            dry_run=settings["dry_run"],
        )
    )

    def run() -> None:
        runpy.run_path(program, run_name="__main__")

    asyncio.run(pulumi.runtime.run_in_stack(run))


if __name__ == "__main__":
    main(sys.argv[1], json.load(sys.stdin))
