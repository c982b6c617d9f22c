"""Watches every boto3 call of a process, and tells the test run of those that AWS would refuse.

The call goes on: code under test may catch an exception, and then nobody would hear of it. The file that an environment
variable names collects what was found, from this process and from all that inherit the variable.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.service_models.limits import limits_broken

JOURNAL = "DRIFTLESS_REFUSED_CALLS"
"""The environment variable that names the file."""

# What the emulator's own values break when they are handed back to it, and why AWS's don't.
OF_THE_EMULATOR: Mapping[str, str] = {
    "kinesis GetShardIterator StartingSequenceNumber: not like": "MiniStack's numbers begin with zeros, Kinesis's don't"
}


def switch_on() -> None:
    """Checks the arguments of each call just before they are put into a request."""
    from botocore.validate import ParamValidationDecorator  # its import may be what switches the watch on

    plain = ParamValidationDecorator.serialize_to_request
    if plain.__module__ == __name__:
        return  # inherited, before the run's own plugin asked for it

    def checked(self: Any, parameters: Any, operation: Any) -> Any:
        tell(refused(operation, parameters))
        return plain(self, parameters, operation)

    ParamValidationDecorator.serialize_to_request = checked


def refused(operation: Any, arguments: Any) -> list[str]:
    """Returns what AWS would refuse in the call, as `service Operation member: limit`."""
    service = operation.service_model.service_name
    if operation.input_shape is None:
        return []
    lines = [f"{service} {operation.name} {each}" for each in limits_broken(arguments, operation.input_shape)]
    return [line for line in lines if not line.startswith(tuple(OF_THE_EMULATOR))]


def tell(found: list[str]) -> None:
    """Adds to the journal. A short line is written whole, so processes don't mix."""
    if found:
        with Path(os.environ[JOURNAL]).open("a") as journal:
            for each in found:
                journal.write(f"{each} (in {Path(sys.argv[0]).name}, process {os.getpid()})\n")
