"""Start the local stack and stay in front of it; Ctrl-C ends it.

Example: python -m local up --containers --detach --aws-port 4570
"""

import argparse
import logging
import subprocess
import sys
import time
from pathlib import Path

from cli import progress
from cli.numbers import port
from local.ending import unwind_on_signals
from local.errors import LocalStackError
from local.layout import ROOT, Layout
from local.services.container_engine import ContainerEngine, find_engine
from local.services.function_containers import build_images
from local.services.ports import AWS_PORT, OPENSEARCH_PORT
from local.stack import LocalStack
from local.state import RUNS_ALREADY, claim_folder, lock_holder, read_state

START_SECONDS = 300
WATCH_SECONDS = 1.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the ports, and whether to stay."""
    add_port_arguments(parser)
    add_containers_argument(parser)
    parser.add_argument("--detach", action="store_true", help="come back when it is up; `down` ends it")


def add_port_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the ports, for every command that may start a stack."""
    parser.add_argument(
        "--aws-port", type=port, default=AWS_PORT, metavar="PORT", help="the embedded AWS (%(default)s)"
    )
    parser.add_argument(
        "--opensearch-port",
        type=port,
        default=OPENSEARCH_PORT,
        metavar="PORT",
        help="OpenSearch, at most 9299 (%(default)s)",
    )


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
    local = LocalStack(aws_port=options.aws_port, opensearch_port=options.opensearch_port, say=_say)
    if engine is not None:
        local.run_in_containers(engine)
    with local as stack, progress.paused():
        print(f"Up. API: {stack.outputs['api_url']}  OpenSearch: {stack.outputs['opensearch_url']}")
        print("python -m local outputs lists the rest. Ctrl-C ends it.")
        try:
            while (dead := stack.dead_service()) is None:
                time.sleep(WATCH_SECONDS)
        except KeyboardInterrupt:
            print("Ending ...")
            return 0
        raise LocalStackError(f"{dead} has ended unasked; its log is in {stack.layout.log('').parent}. Ending.")


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
    flags = ["--aws-port", str(options.aws_port), "--opensearch-port", str(options.opensearch_port)]
    flags += ["--containers"] if options.containers else []
    with log_file.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-u", "-m", "local", "up", *flags],
            cwd=ROOT, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
    progress.announce("Starting the local stack in the background ...")
    deadline = time.monotonic() + START_SECONDS
    try:
        while time.monotonic() < deadline:
            state = read_state(layout)
            if state is not None and state["ready"] and lock_holder(layout) == process.pid:
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
