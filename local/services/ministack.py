"""Runs the embedded AWS: MiniStack as a process on the loopback.

It is used as storage and control plane only; its event engine is not AWS's (docs/local.md), so event source mappings
and the DynamoDB → Kinesis destination are ours. Its state is not kept: PERSIST_STATE loses stream records.
"""

import os
import sys
import urllib.error
import urllib.request
from pathlib import Path

from local.layout import ROOT
from local.services.aws_client import CREDENTIALS
from local.services.ports import LOOPBACK
from local.services.process import ChildProcess

REGION = "us-east-1"
START_SECONDS = 30


class MiniStack:
    """MiniStack on a port. With `authorise` a call needs a right, and functions act with their roles."""

    def __init__(self, *, port: int, directory: Path, log_file: Path, authorise: bool = False) -> None:
        self.endpoint_url = f"http://{LOOPBACK}:{port}"
        env = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        env |= {
            "BIND_HOST": LOOPBACK,
            "GATEWAY_PORT": str(port),
            "AUTH": str(authorise).lower(),
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            # Functions inherit it; without it they would call the real AWS.
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_DEFAULT_REGION": REGION,
            "PYTHONDONTWRITEBYTECODE": "1",
            **{name.upper(): value for name, value in CREDENTIALS.items()},
        }
        start = f"import sys; sys.path.append({str(ROOT)!r}); from local.services.ministack_process import run; run()"
        program = [sys.executable, "-P", "-c", start]
        self.process = ChildProcess("MiniStack", program, log_file=log_file, env=env, cwd=directory)

    def launch(self) -> None:
        """Starts the process without waiting for it."""
        self.process.start()

    def wait(self) -> None:
        """Waits until it answers."""
        self.process.wait_until(self._answers, timeout_seconds=START_SECONDS)

    def stop(self) -> None:
        """Ends it and the functions' processes that it has started."""
        self.process.stop(grace_seconds=5)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.endpoint_url}/_ministack/health", timeout=1) as answer:  # noqa: S310 — our own loopback URL
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False
