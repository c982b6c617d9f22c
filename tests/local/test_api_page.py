"""docs/api.md works: its commands run as they stand, one after the other, against a local stack of this program."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest

from local.layout import ROOT
from local.services.ministack import REGION
from tests.infra.api.described import described_operations
from tests.local.api_caller import Answer
from tests.local.api_stack import running_stack
from tests.local.described_caller import DescribedCaller, misfits

pytestmark = pytest.mark.local
PAGE = (ROOT / "docs/api.md").read_text(encoding="utf-8")
ANALYSIS_SECONDS = 120


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Shell:
    """Where a stack runs, with `python` and, where it is installed, AWS's command line on the path."""

    directory: Path
    outputs: dict[str, Any]

    def run(self, *command: str, **more: str) -> str:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        path = os.pathsep.join([str(self.directory / "bin"), str(Path(sys.executable).parent), environment["PATH"]])
        environment |= {"PATH": path, "DRIFTLESS_LOCAL_DIRECTORY": str(self.directory / "stack"), **more}
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    directory = tmp_path_factory.mktemp("api-page")
    with running_stack(directory) as outputs:
        yield Shell(directory=directory, outputs=outputs)


@pytest.fixture(scope="module")
def api(shell: Shell) -> DescribedCaller:
    return DescribedCaller(shell.outputs["api_url"], REGION)


def _stand_in(shell: Shell) -> None:
    command = shell.directory / "bin" / "aws"
    command.parent.mkdir(exist_ok=True)
    program = shlex.join([sys.executable, str(ROOT / "tests/local/aws_command.py")])
    command.write_text(f'#!/bin/sh\nexec {program} "$@"\n')
    command.chmod(0o755)


def _is_installed() -> bool:
    aws = shutil.which("aws")
    return bool(aws) and subprocess.run([str(aws), "--version"], capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("installed", [False, True], ids=["stand-in", "installed"])
def test_every_command_of_the_page_works_in_its_order(shell: Shell, installed: bool) -> None:
    if installed and not _is_installed():
        pytest.skip("AWS's command line is not installed; its stand-in has run the same commands by AWS's models.")
    if installed:
        shutil.rmtree(shell.directory / "bin", ignore_errors=True)
    else:
        _stand_in(shell)

    said = shell.run("bash", "-euo", "pipefail", "-c", "\n".join(blocks("sh")))

    for wanted in ('"openapi":"3.1.0"', '{"id":"page-1"}', '"price":199.5,', "Blue bicycle", '"next":', '"request_id"'):
        assert wanted in said
    for wanted in ('"S": "Red tandem"', '"ApproximateNumberOfMessages"'):
        assert wanted in said


def test_a_command_that_does_not_work_is_found(shell: Shell) -> None:
    wrong = "\n".join(blocks("sh")).replace("get-item --table-name", "get-item --name")
    _stand_in(shell)

    with pytest.raises(AssertionError, match="--name"):
        shell.run("bash", "-euo", "pipefail", "-c", wrong)


@pytest.mark.parametrize("block", blocks("python"), ids=["local", "collection"])
def test_every_program_of_the_page_counts_documents(shell: Shell, block: str) -> None:
    credentials = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": REGION}

    said = shell.run(sys.executable, "-c", block, COLLECTION=shell.outputs["opensearch_url"], **credentials)

    assert re.fullmatch(r"\d+\n", said)


def test_a_collection_is_asked_with_the_signature_that_it_wants() -> None:
    local, collection = blocks("python")

    assert 'service="aoss"' in collection
    assert "RequestsHttpConnection" in collection  # what AWS4Auth signs
    assert "AWS4Auth" not in local


def test_page_has_a_section_for_each_operation_of_the_document_and_no_other(api: DescribedCaller) -> None:
    sections = set(re.findall(r"^### ([A-Z]+) (/\S+)$", PAGE, re.MULTILINE))

    assert {(path, method) for method, path in sections} == described_operations(api.document)


def test_server_of_the_document_is_where_it_came_from(api: DescribedCaller) -> None:
    [server] = api.document["servers"]

    assert urljoin(f"{api.api_url}/openapi.json", server["url"]).removesuffix("/") == api.api_url


def test_an_analysis_is_accepted_and_reported_as_described(api: DescribedCaller) -> None:
    request = {"analysis": "describe", "input": {"type": "rows", "rows": [{"n": 1}, {"n": 2}]}, "plots": False}
    accepted = api.call("POST", "/analyses", request, {"Content-Type": "application/json"})
    assert accepted.status == 202
    deadline = time.monotonic() + ANALYSIS_SECONDS
    states: list[str] = []
    while not states or states[-1] in ("queued", "running"):
        assert time.monotonic() < deadline, states
        states.append(api.call("GET", accepted.body["status"]).body["state"])
        time.sleep(0.2)
    assert states[-1] in ("succeeded", "failed")
    assert api.call("GET", "/analyses/none").status == 400
    assert api.call("PUT", "/analyses").status == 405


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, {"items": [], "next": None, "more": 1}),
        (200, {"items": [{"name": "without an id"}], "next": None}),
        (200, {"items": []}),
        (404, {"error": {"code": "not_found", "message": "m", "hint": "h"}}),
        (400, {"error": {"code": "unheard_of", "message": "m", "hint": "h"}}),
        (400, {"error": {"code": "invalid_cursor", "message": "m"}}),
        (302, {}),
    ],
)
def test_an_answer_that_is_not_described_is_found(api: DescribedCaller, status: int, body: Any) -> None:
    answer = Answer(status=status, headers={}, text=json.dumps(body))

    assert list(misfits(api.document, "GET", "/items?limit=1", answer)) != []
