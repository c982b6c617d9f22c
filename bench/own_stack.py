"""A local stack for one measurement, beside any other that is up."""

import contextlib
import os
import tempfile
from collections.abc import Iterator

from bench.measurement import say
from local.layout import Layout
from local.services.ports import free_port
from local.stack import LocalStack


@contextlib.contextmanager
def own_stack() -> Iterator[LocalStack]:
    """Runs a local stack in a folder that goes away with it. `--stack local` means this one, in child processes too."""
    with tempfile.TemporaryDirectory(prefix="driftless-bench-") as directory:
        os.environ["DRIFTLESS_LOCAL_DIRECTORY"] = directory
        ports = {"aws_port": free_port(4900, 4999), "opensearch_port": free_port(9240, 9258)}
        with LocalStack(layout=Layout(), **ports, say=say) as stack:
            yield stack
