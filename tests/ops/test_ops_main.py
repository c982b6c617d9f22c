"""The command edge: every command is found, has help with an example, and ends with 0, 1 or 2."""

import argparse
import json
from pathlib import Path

import pytest
from opensearchpy.exceptions import AuthorizationException, ConnectionError, RequestError

from cli.errors import PROBLEM, USAGE
from ops.__main__ import PROGRAM, main
from ops.errors import OpsError, UsageError
from ops.explain import explain
from ops.stack import add_stack_arguments, open_stack

OUTPUTS = {
    "table_name": "lab-table",
    "table_stream_arn": "arn:aws:dynamodb:eu-west-1:000000000000:table/lab-table/stream/2026-01-01T00:00:00.000",
    "collection_endpoint": "https://example.eu-west-1.aoss.amazonaws.com",
    "indexes": {"sync_dynamodb_stream": "lab-table-dynamodb-stream", "sync_kinesis_stream": "lab-table-kinesis-stream"},
    "functions": {"sync_dynamodb_stream": "sync-data-with-dynamodb-stream"},
}


@pytest.fixture
def outputs_file(tmp_path: Path) -> str:
    file = tmp_path / "outputs.json"
    file.write_text(json.dumps(OUTPUTS))
    return str(file)


@pytest.mark.parametrize("name", PROGRAM.commands)
def test_every_command_has_help_with_an_example(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert ended.value.code == 0
    assert f"Example: python -m ops {name}" in capsys.readouterr().out


def test_an_unknown_command_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["conjure"])
    assert ended.value.code == USAGE
    assert "conjure" in capsys.readouterr().err


def test_a_stack_by_its_outputs(outputs_file: str) -> None:
    stack = open_stack(None, outputs_file)
    assert (stack.table_name, stack.region, stack.is_local) == ("lab-table", "eu-west-1", False)
    streams, kinesis = stack.consumers()
    assert (streams.index, streams.function) == ("lab-table-dynamodb-stream", "sync-data-with-dynamodb-stream")
    assert (kinesis.index, kinesis.function) == ("lab-table-kinesis-stream", None)
    assert stack.consumers(["sync_kinesis_stream", "sync_kinesis_stream"]) == [kinesis]


def test_a_consumer_that_is_not_there_is_wrong_usage(outputs_file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["probe", "sync_teletext", "--outputs", outputs_file]) == USAGE
    assert "It has: sync_dynamodb_stream, sync_kinesis_stream." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "says"),
    [("no JSON", "is not JSON"), ("[]", "not a JSON object"), ('{"table_name": "t"}', "lacks the outputs")],
)
def test_outputs_that_are_none_say_what_to_do(content: str, says: str, tmp_path: Path) -> None:
    file = tmp_path / "outputs.json"
    file.write_text(content)
    with pytest.raises(OpsError, match=says):
        open_stack(None, str(file))


def test_a_missing_outputs_file_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        open_stack(None, str(tmp_path / "none.json"))


def test_without_the_pulumi_cli_it_says_what_else_there_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["probe", "--stack", "dev"]) == PROBLEM
    assert "--outputs FILE" in capsys.readouterr().err


def test_a_failing_pulumi_cli_is_quoted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    cli = tmp_path / "pulumi"
    cli.write_text("#!/bin/sh\necho 'error: no stack named dev found' >&2\nexit 255\n")
    cli.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    with pytest.raises(OpsError, match="no stack named dev found"):
        open_stack("dev", None)


def test_stack_and_outputs_exclude_each_other() -> None:
    parser = argparse.ArgumentParser()
    add_stack_arguments(parser)
    with pytest.raises(SystemExit):
        parser.parse_args(["--stack", "a", "--outputs", "b"])


@pytest.mark.parametrize(
    "arguments",
    [["--dry-run"], ["--sample", "5", "--resume", "d"], ["--repair"], ["--repair", "--report", "f", "--dry-run"]],
)
def test_verify_refuses_what_cannot_be_meant(arguments: list[str], outputs_file: str) -> None:
    assert main(["verify", "--outputs", outputs_file, *arguments]) == USAGE


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (RequestError(400, "mapper_parsing_exception", {"reason": "secret"}), "answered 400 mapper_parsing_exception"),
        (AuthorizationException(403, "", {}), "ops probe"),
        (ConnectionError("N/A", "refused", ValueError()), "did not answer"),
    ],
)
def test_errors_of_opensearch_are_told_without_their_reason(error: Exception, says: str) -> None:
    assert says in str(explain(error))
    assert "secret" not in str(explain(error))


def test_without_credentials_a_command_says_so(
    outputs_file: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    assert main(["probe", "--outputs", outputs_file]) == PROBLEM
    assert "neither the environment nor a profile has credentials" in capsys.readouterr().err
