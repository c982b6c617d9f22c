"""A network for one container under test: a loopback on which a few ports of this machine answer, and nothing else.

The function joins the network of a small container that has none (`--network none`) and only runs the forwarder. So
there is no route to anywhere, and addresses are the same inside and outside: plain http works on the loopback only.
"""

import contextlib
import shutil
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

from local.services.container_engine import ContainerEngine
from tests.containers import forwarder

LABEL = f"driftless.test={uuid.uuid4().hex}"
"""Of this session's containers alone: another one may run beside it."""

START_SECONDS = 30


@contextlib.contextmanager
def door(engine: ContainerEngine, image: str, ports: list[int]) -> Iterator[str]:
    """Gives what to join, for `--network`. The image is any with python3."""
    name = f"driftless-door-{uuid.uuid4().hex[:12]}"
    folder = Path(tempfile.mkdtemp(prefix="door-"))  # short: a socket's path has at most 107 bytes
    folder.chmod(0o777)
    shutil.copy(forwarder.__file__, folder / "forwarder.py")
    sockets = forwarder.open_doors(folder, ports)
    options = [
        "--detach",
        "--name",
        name,
        f"--label={LABEL}",
        "--volume",
        f"{folder}:/doors",
        "--entrypoint",
        "python3",
    ]
    try:
        started = engine.run(image, "/doors/forwarder.py", "/doors", *map(str, ports), options=options)
        assert started.returncode == 0, started.stderr
        deadline = time.monotonic() + START_SECONDS
        while not (folder / forwarder.READY).exists():
            assert time.monotonic() < deadline, "the forwarder did not start"
            time.sleep(0.02)
        yield f"container:{name}"
    finally:
        engine.remove_containers([name])
        for listener in sockets:
            listener.close()
        shutil.rmtree(folder, ignore_errors=True)
