"""`ops smoke` on a running local stack: all green, then faults, one after the other, each with its cause and cure."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from demo.checks import wait_for
from local.ending import ENDING_SIGNALS
from local.layout import ROOT
from local.services.aws_client import aws_client
from local.services.ministack import REGION
from ops.__main__ import main
from ops.smoke.checks import CHECKS
from ops.smoke.scene import PREFIX
from tests.local.api_stack import StopPart, breakable_stack

pytestmark = pytest.mark.local

Outputs = dict[str, Any]
NAMES = [check.name for check in CHECKS]
ARRIVING = ("indexes", "create")
GREEN_SECONDS, RED_SECONDS = "60", "3"


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(tmp_path_factory.mktemp("smoke"))


@pytest.fixture(scope="module")
def stack(directory: Path) -> Iterator[tuple[Outputs, StopPart]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DRIFTLESS_LOCAL_DIRECTORY", str(directory / "stack"))  # whose counters tell the cause
        with breakable_stack(directory) as running:
            yield running


@pytest.fixture(scope="module")
def outputs(stack: tuple[Outputs, StopPart]) -> Outputs:
    return stack[0]


@pytest.fixture(autouse=True)
def _signals() -> Iterator[None]:
    """The command takes the process's signals, and this process is pytest's."""
    before = {number: signal.getsignal(number) for number in ENDING_SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def client(outputs: Outputs, service: str) -> Any:
    return aws_client(outputs["aws_endpoint_url"], REGION, service)


def arguments(outputs: Outputs, directory: Path, *checks: str, seconds: str = RED_SECONDS) -> list[str]:
    (directory / "outputs.json").write_text(json.dumps(outputs))
    skipped = [word for name in NAMES if checks and name not in checks for word in ("--skip", name)]
    times = ["--arrival", seconds, "--search-wait", GREEN_SECONDS, "--settle", "1", "--burst", "60"]
    analysis = ["--analysis", RED_SECONDS if checks else "120"]
    return ["smoke", "--outputs", str(directory / "outputs.json"), "--json", *times, *analysis, *skipped]


def run(
    outputs: Outputs, directory: Path, capsys: pytest.CaptureFixture[str], *checks: str, seconds: str = RED_SECONDS
) -> tuple[int, dict[str, dict[str, Any]]]:
    """Runs the command with some checks, or all. Gives its exit code and the findings by check."""
    capsys.readouterr()
    code = main(arguments(outputs, directory, *checks, seconds=seconds))
    return code, {finding["check"]: finding for finding in json.loads(capsys.readouterr().out)["checks"]}


def red(code: int, findings: dict[str, dict[str, Any]], check: str, *words: str) -> None:
    """Asserts that this check alone is red, and what its line, cause and cure say, in this order."""
    assert code == 1
    assert [name for name, finding in findings.items() if finding["state"] == "failed"] == [check], findings
    said = "\n".join(findings[check][part] for part in ("detail", "cause", "cure"))
    place = 0
    for word in words:
        place = said.find(word, place)
        assert place >= 0, f"{word!r} is not there, or not in order:\n{said}"
    assert findings[check]["cause"]
    assert findings[check]["cure"]


def own_items(outputs: Outputs) -> list[str]:
    items = client(outputs, "dynamodb").scan(TableName=outputs["table_name"], ConsistentRead=True)["Items"]
    return [item["id"]["S"] for item in items if item["id"]["S"].startswith(PREFIX)]


def variables_of(outputs: Outputs, function: str) -> dict[str, str]:
    name = outputs["functions"][function]
    settings = client(outputs, "lambda").get_function_configuration(FunctionName=name)
    return dict(settings["Environment"]["Variables"])


def set_variables(outputs: Outputs, function: str, variables: dict[str, str]) -> None:
    client(outputs, "lambda").update_function_configuration(
        FunctionName=outputs["functions"][function], Environment={"Variables": variables}
    )


@pytest.fixture
def broken(outputs: Outputs, request: pytest.FixtureRequest) -> Iterator[str]:
    """A function without its environment: it raises at import. It is mended afterwards."""
    function = str(request.param)
    variables = variables_of(outputs, function)
    set_variables(outputs, function, {})
    yield function
    set_variables(outputs, function, variables)


def test_a_stack_that_is_right_is_green_and_nothing_is_left(
    outputs: Outputs, directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table, key = outputs["table_name"], f"{PREFIX}of-a-killed-run"
    client(outputs, "dynamodb").put_item(TableName=table, Item={"id": {"S": key}})

    code, findings = run(outputs, directory, capsys, seconds=GREEN_SECONDS)

    assert {finding["state"] for finding in findings.values()} == {"ok"}, findings
    assert (code, list(findings)) == (0, [*NAMES, "clean-up"])
    assert findings["left-overs"]["detail"].startswith("1 items of an earlier run")
    assert findings["burst"]["detail"].startswith("60 of 60 items in every index")
    assert own_items(outputs) == []


def test_a_missing_alarm(outputs: Outputs, directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = {**outputs, "alarms": {**outputs["alarms"], "api-alarms-new": "api-alarms-deleted-by-hand"}}
    result = run(missing, directory, capsys, "alarms")
    red(*result, "alarms", "1 of 28 alarms are missing: api-alarms-new", "deleted", "local up")


def test_an_alarm_that_rings(outputs: Outputs, directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name, cloudwatch = outputs["alarms"]["source-table-alarms-not-replicated"], client(outputs, "cloudwatch")
    cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="seeded")
    result = run(outputs, directory, capsys, "alarms")
    cloudwatch.set_alarm_state(AlarmName=name, StateValue="OK", StateReason="seeded")
    red(*result, "alarms", "1 of 27 alarms ring", "too large for Kinesis", "operations.md", "not-replicated")


def test_a_dead_letter(outputs: Outputs, directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sqs, url = client(outputs, "sqs"), outputs["dead_letter_queues"]["sync_kinesis_stream"]
    sqs.send_message(QueueUrl=url, MessageBody="{}")
    result = run(outputs, directory, capsys, "dead-letters")
    sqs.purge_queue(QueueUrl=url)
    words = ("1 in sync_kinesis_stream", "before this run", "parked", "redrive sync_kinesis_stream --dry-run")
    red(*result, "dead-letters", *words)


def test_an_orphan(outputs: Outputs, directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    index = outputs["indexes"]["sync_dynamodb_stream"]
    url = f"{outputs['opensearch_url']}/{index}/_doc/ghost?refresh=true"
    requests.put(url, json={"n": 1}, timeout=10).raise_for_status()
    result = run(outputs, directory, capsys, "verify")
    requests.delete(url, timeout=10).raise_for_status()
    red(*result, "verify", f"{index} differs", "1 orphaned", "something else writes", "verify sync_dynamodb_stream")
    assert "ghost" not in json.dumps(result[1])


def test_a_closed_index(outputs: Outputs, directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"{outputs['opensearch_url']}/{outputs['indexes']['sync_kinesis_stream']}"
    requests.post(f"{url}/_close", timeout=10).raise_for_status()
    code, findings = run(outputs, directory, capsys, "indexes", "create", "verify")
    requests.post(f"{url}/_open?wait_for_active_shards=1", timeout=30).raise_for_status()
    red(code, findings, "indexes", "index_closed", "is closed", "_open")
    assert {findings[name]["detail"] for name in ("create", "verify")} == {"not tried, because indexes has not passed"}


def test_a_missing_index(outputs: Outputs, directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gone = {**outputs, "indexes": {**outputs["indexes"], "sync_kinesis_stream": "no-such-index"}}
    result = run(gone, directory, capsys, "indexes")
    red(*result, "indexes", "there is no index no-such-index", "deleted", "backfill sync_kinesis_stream")


def test_a_caller_whom_the_gateway_does_not_know(
    outputs: Outputs, directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = client(outputs, "apigateway").create_api_key(name="of another API", enabled=True)
    # As root: the operator may read the value of the stack's own key alone.
    result = run({**outputs, "api_key_id": key["id"], "operator_role_arn": None}, directory, capsys, *ARRIVING)
    red(*result, "create", "403 not_authenticated", "doesn't know these credentials", "get-caller-identity")


@pytest.mark.parametrize("broken", ["table_api"], indirect=True)
def test_a_broken_api(outputs: Outputs, directory: Path, capsys: pytest.CaptureFixture[str], broken: str) -> None:
    result = run(outputs, directory, capsys, *ARRIVING)
    red(*result, "create", "POST /items answered 5", "function behind the API failed", "local logs table-api")


@pytest.mark.parametrize("broken", ["scilearn"], indirect=True)
def test_a_broken_worker(outputs: Outputs, directory: Path, capsys: pytest.CaptureFixture[str], broken: str) -> None:
    result = run(outputs, directory, capsys, "analysis")
    red(*result, "analysis", "is queued after 3 s", "handed it over", "function fails", f"local logs {broken}")


@pytest.mark.parametrize("broken", ["sync_kinesis_stream"], indirect=True)
def test_a_broken_consumer(outputs: Outputs, directory: Path, capsys: pytest.CaptureFixture[str], broken: str) -> None:
    code, findings = run(outputs, directory, capsys, *ARRIVING, "update")
    log = f"local logs {outputs['functions'][broken]}"
    red(code, findings, "create", f"not in {outputs['indexes'][broken]}", f"function of {broken} fails", log)
    assert findings["update"]["detail"] == "not tried, because create has not passed"
    assert own_items(outputs) == []


def test_an_interrupted_run_cleans_up(outputs: Outputs, directory: Path) -> None:
    smoke = arguments(outputs, directory, seconds=GREEN_SECONDS)
    command = [sys.executable, "-m", "ops", *smoke, "--burst", "5000"]
    running = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert wait_for(lambda: len(own_items(outputs)) > 1, 60)
    running.send_signal(signal.SIGTERM)
    out, err = running.communicate(timeout=90)
    assert (running.returncode, "Interrupted." in err) == (130, True), err
    assert json.loads(out)["checks"][-1] | {"seconds": 0, "detail": ""} == {
        "check": "clean-up", "state": "ok", "detail": "", "cause": "", "cure": "", "seconds": 0
    }  # fmt: skip
    assert own_items(outputs) == []


def test_a_stopped_pipe(stack: tuple[Outputs, StopPart], directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    outputs, stop_part = stack
    stop_part("pipe", outputs["functions"]["scilearn"])
    result = run(outputs, directory, capsys, "analysis")
    red(*result, "analysis", "wait in the queue", "the pipe takes nothing", "describe-pipe", "request-age")


def test_a_feed_that_is_off(
    stack: tuple[Outputs, StopPart], directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outputs, stop_part = stack
    stop_part("mapping", "sync_dynamodb_stream")
    result = run(outputs, directory, capsys, *ARRIVING)
    words = (f"not in {outputs['indexes']['sync_dynamodb_stream']}", "hands nothing to its function", "local up")
    red(*result, "create", *words)
