"""Start the local stack and stay in front of it; Ctrl-C ends it.

Example: python -m local up --containers --detach --aws-port 4570
"""

import argparse
import logging
import os
import subprocess
import sys
import time
from pathlib import Path

from cli import progress
from cli.numbers import port
from local.ending import unwind_on_signals
from local.errors import LocalStackError
from local.layout import DIRECTORY_VARIABLE, ROOT, Layout
from local.services.container_engine import ContainerEngine, find_engine
from local.services.function_containers import build_images
from local.services.ports import AWS_PORT, HIGHEST_OPENSEARCH_PORT, OPENSEARCH_PORT
from local.stack import LocalStack
from local.state import RUNS_ALREADY, claim_folder, lock_holder
from local.survivors import whole_stack

START_SECONDS = 300
WATCH_SECONDS = 1.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the ports, and whether to stay."""
    add_port_arguments(parser)
    add_containers_argument(parser)
    parser.add_argument("--detach", action="store_true", help="come back when it is up; `down` ends it")


def add_port_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the ports, for every command that may start a stack."""
    parser.add_argument("--aws-port", type=port, metavar="PORT", help=f"the embedded AWS ({AWS_PORT})")
    parser.add_argument(
        "--opensearch-port",
        type=port,
        metavar="PORT",
        help=f"OpenSearch, at most {HIGHEST_OPENSEARCH_PORT} ({OPENSEARCH_PORT})",
    )


def chosen_ports(options: argparse.Namespace) -> tuple[int, int]:
    """Returns the embedded AWS's and OpenSearch's port for a stack to start: what is given, or the usual ones."""
    return options.aws_port or AWS_PORT, options.opensearch_port or OPENSEARCH_PORT


def add_containers_argument(parser: argparse.ArgumentParser) -> None:
    """Adds `--containers`, for every command that may start a stack."""
    parser.add_argument(
        "--containers",
        action="store_true",
        help="build the images and run the functions in them; needs Docker or Podman",
    )


def run(options: argparse.Namespace) -> int:
    """Starts the stack here, or in another process."""
    engine = find_engine() if options.containers else None
    if options.detach:
        return _detach(options, engine)
    unwind_on_signals()
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(message)s")  # the feeds' troubles, one line each
    aws_port, opensearch_port = chosen_ports(options)
    local = LocalStack(aws_port=aws_port, opensearch_port=opensearch_port, say=_say)
    if engine is not None:
        local.run_in_containers(engine)
    with local as stack, progress.paused():
        if stack.dead_service() is None:
            print(f"Up. API: {stack.outputs['api_url']}  OpenSearch: {stack.outputs['opensearch_url']}")
            print("python -m local outputs lists the rest. Ctrl-C ends it.")
        try:
            while (dead := stack.dead_service()) is None:
                time.sleep(WATCH_SECONDS)
        except KeyboardInterrupt:
            print("Ending ...")
            return 0
        raise LocalStackError(dead)


def _say(line: str) -> None:
    print(line)
    progress.stage(line)


def _detach(options: argparse.Namespace, engine: ContainerEngine | None) -> int:
    layout = Layout()
    if lock_holder(layout) is not None:
        raise LocalStackError(RUNS_ALREADY)
    claim_folder(layout)
    if engine is not None:  # here, where progress is seen; the stack then finds them made
        build_images(engine, progress.announce)
    log_file = layout.directory / "up.log"
    aws_port, opensearch_port = chosen_ports(options)
    flags = ["--aws-port", str(aws_port), "--opensearch-port", str(opensearch_port)]
    flags += ["--containers"] if options.containers else []
    with log_file.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-u", "-m", "local", "up", *flags],
            cwd=ROOT, env=os.environ | {DIRECTORY_VARIABLE: str(layout.directory)},
            stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
    progress.announce("Starting the local stack in the background ...")
    deadline = time.monotonic() + START_SECONDS
    try:
        while time.monotonic() < deadline:
            state = whole_stack(layout, process.pid)
            if state is not None:
                print(f"Up, process {process.pid}. API: {state['outputs']['api_url']}")
                return 0
            if process.poll() is not None:
                raise LocalStackError(
                    f"The local stack did not come up:\n{log_file.read_text(errors='replace').rstrip()}"
                )
            progress.say(_last_line(log_file))
            time.sleep(0.1)
    except KeyboardInterrupt:
        print("Ending ...", file=sys.stderr)
        process.terminate()
        process.wait()
        raise
    process.terminate()
    process.wait()
    raise LocalStackError(f"The local stack did not come up in {START_SECONDS} s. Its log: {log_file}")


def _last_line(log_file: Path) -> str:
    """Gives what the starting stack has said last."""
    lines = log_file.read_text(errors="replace").split("\n")
    return next((line for line in reversed(lines) if line.strip()), "starting the local stack")
