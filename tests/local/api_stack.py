"""Starts a local stack in another process: Pulumi's state is global, and tests of `infra` have theirs in this one."""

import contextlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from local.layout import ROOT
from local.services.ports import free_port

_PROGRAM = """
import json, pathlib, sys
from local.layout import Layout
from local.stack import LocalStack

directory, aws_port, opensearch_port = sys.argv[1:]
layout = Layout(directory=pathlib.Path(directory) / "stack")
ports = {"aws_port": int(aws_port), "opensearch_port": int(opensearch_port)}
with LocalStack(layout=layout, **ports, say=lambda _: None) as stack:
    print(json.dumps(stack.outputs), flush=True)
    for line in sys.stdin:  # until the test ends, however it ends
        kind, name = line.split()
        stack.parts(kind)[name].stop()
        print("stopped", flush=True)
"""


StopPart = Callable[[str, str], None]
"""Stops one runner by kind and name, such as "mapping" and "sync_kinesis_stream", for good."""


@contextlib.contextmanager
def running_stack(directory: Path) -> Iterator[dict[str, Any]]:
    """The outputs of a stack that runs as long as the context, on free ports."""
    with breakable_stack(directory) as (outputs, _):
        yield outputs


@contextlib.contextmanager
def breakable_stack(directory: Path) -> Iterator[tuple[dict[str, Any], StopPart]]:
    """The same, with what breaks a part of it."""
    ports = [str(free_port(4700, 4799)), str(free_port(9210, 9290))]
    with (directory / "stack.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM, str(directory), *ports],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            cwd=ROOT,
        )
        with process:
            assert process.stdin
            assert process.stdout
            write, read = process.stdin, process.stdout
            line = read.readline()

            def stop_part(kind: str, name: str) -> None:
                print(kind, name, file=write, flush=True)
                assert read.readline(), (directory / "stack.log").read_text()

            try:
                assert line, (directory / "stack.log").read_text()
                yield json.loads(line), stop_part
            finally:
                process.stdin.close()
                process.wait(timeout=60)
