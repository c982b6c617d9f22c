"""Every command at every edge that needs no running stack: its words, its exit code, and that nothing was begun."""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.errors import PROBLEM, USAGE
from cli.paths import file_to_write, folder_to_fill
from local import __main__ as local_main
from ops import __main__ as ops_main
from tests.cli.matrix import COMMANDS, ROWS, actions, call, flags, is_quiet

MAINS = {"ops": ops_main.main, "local": local_main.main}
READ_BY_THE_COMMAND = {"--mend", "--outputs"}
"""Files that are read at once, before the work: the command's own words say what is wrong with them."""


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No stack, no Pulumi, and an environment that comes back as it was."""
    with monkeypatch.context() as patch:
        patch.setenv("DRIFTLESS_LOCAL_DIRECTORY", str(tmp_path / "stack"))
        patch.setenv("COLUMNS", "60")
        for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "NO_PROXY", "no_proxy"):
            patch.setenv(name, "")
        yield


def run(typed: str, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    capsys.readouterr()
    try:
        code = MAINS[typed.split()[0]](arguments)
    except SystemExit as ended:
        code = int(ended.code or 0)
    out, err = capsys.readouterr()
    assert is_quiet(err)
    return code, out, err


def lines(err: str) -> list[str]:
    """Leaves out the ticker's."""
    return [line for line in err.splitlines() if not line.startswith("... ")]


def test_every_command_has_its_row() -> None:
    assert sorted(ROWS) == sorted(COMMANDS)


@pytest.mark.parametrize("typed", COMMANDS)
def test_help_fits_60_columns_and_ends_with_an_example(typed: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(typed, [typed.split()[1], "--help"], capsys)
    *text, example = out.rstrip().split("\n")
    assert code == 0
    assert example.startswith(f"Example: python -m {typed}")
    assert [line for line in text if len(line) > 60] == []


@pytest.mark.parametrize("typed", COMMANDS)
def test_a_number_that_is_none_names_its_option_and_what_is_wanted(
    typed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for action in actions(typed):
        if action.type is None or action.type in (file_to_write, folder_to_fill, Path):
            continue
        flag = action.option_strings[0]
        for bad in ("many", "-1"):
            code, out, err = run(typed, call(typed, flag, bad), capsys)
            assert (code, out) == (USAGE, "")
            problem, where = lines(err)
            assert f"argument {flag}: '{bad}' is not a " in problem, "a type of cli.numbers says what is wanted"
            assert "number of " in problem or "a port number" in problem, "with its unit"
            assert where == f"Help, with an example: python -m {typed} --help"


@pytest.mark.parametrize("typed", COMMANDS)
def test_a_mistyped_command_or_option_is_told_the_right_one(typed: str, capsys: pytest.CaptureFixture[str]) -> None:
    name = typed.split()[1]
    code, out, err = run(typed, [f"{name}x"], capsys)
    assert (code, out) == (USAGE, "")
    assert f"Did you mean {name}?" in err
    for flag in sorted(flags(typed) - {"-h"}):
        code, out, err = run(typed, call(typed, f"{flag}x"), capsys)
        assert (code, out) == (USAGE, "")
        assert f"unrecognized arguments: {flag}x. Did you mean {flag}?" in err


def bad_paths(tmp_path: Path, wanted: object) -> dict[str, str]:
    """Gives paths that can't be used, by what is said of them."""
    (tmp_path / "file").write_text("kept")
    (tmp_path / "folder").mkdir(exist_ok=True)
    kind = {"is a folder": "folder"} if wanted is file_to_write else {"is a file": "file"}
    return {said: str(tmp_path / name) for said, name in kind.items()} | {
        "there is no folder": str(tmp_path / "none" / "x"),
        "is a file, so nothing can be below it": str(tmp_path / "file" / "x"),
        "can't be written to": "/proc/x",
        "File name too long": str(tmp_path / ("x" * 300)),
    }


@pytest.mark.parametrize("typed", COMMANDS)
def test_a_path_that_cannot_be_used_is_said_before_the_work(
    typed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for action in actions(typed):
        assert action.type is not Path or set(action.option_strings) <= READ_BY_THE_COMMAND, "use a type of cli.paths"
        if action.type not in (file_to_write, folder_to_fill):
            continue
        for said, path in bad_paths(tmp_path, action.type).items():
            code, out, err = run(typed, call(typed, action.option_strings[0], path), capsys)
            assert (code, out, len(lines(err))) == (USAGE, "", 2), err
            assert f"argument {action.option_strings[0]}: " in err
            assert said in err
    for said in ("is a file", "there is no folder", "is a file, so nothing can be below it"):
        monkeypatch.setenv("DRIFTLESS_LOCAL_DIRECTORY", bad_paths(tmp_path, folder_to_fill)[said])
        code, out, err = run(typed, call(typed), capsys)
        assert (code, out, len(lines(err))) == (USAGE, "", 1), err
        assert err.splitlines()[-1].startswith("DRIFTLESS_LOCAL_DIRECTORY: ")
        assert said in err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"], "nothing was made"


WITHOUT_A_STACK = {"local down": 0, "local up": None, "local demo": None}
"""Exit codes of those that need none; None: it would start one."""


@pytest.mark.parametrize("typed", [typed for typed in COMMANDS if WITHOUT_A_STACK.get(typed, 0) is not None])
def test_without_a_local_stack_it_says_how_to_start_one(typed: str, capsys: pytest.CaptureFixture[str]) -> None:
    as_json = ["--json"] if "--json" in flags(typed) else []
    code, out, err = run(typed, call(typed, *as_json), capsys)
    if typed in WITHOUT_A_STACK:
        assert (code, out) == (WITHOUT_A_STACK[typed], "No local stack runs.\n")
        return
    assert (code, out) == (PROBLEM, ""), "with --json, standard output has JSON or nothing"
    assert lines(err) == ["No local stack is up. Start one: python -m local up --detach"]


@pytest.mark.parametrize("typed", [typed for typed in COMMANDS if "--outputs" in flags(typed)])
def test_a_stack_that_cannot_be_opened_says_what_else_there_is(
    typed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sample = [word for word in call(typed) if word not in ("--stack", "local")]
    monkeypatch.setenv("PATH", str(tmp_path))
    code, out, err = run(typed, [*sample, "--stack", "dev", "--json"], capsys)
    assert (code, out, len(lines(err))) == (PROBLEM, "", 1)
    assert "--outputs FILE" in err
    (tmp_path / "folder").mkdir()
    (tmp_path / "latin").write_bytes(b'{"table_name": "caf\xe9"}')
    for name, said in {"none": "No such file", "folder": "Is a directory", "latin": "is not JSON"}.items():
        code, out, err = run(typed, [*sample, "--outputs", str(tmp_path / name), "--json"], capsys)
        assert (code, out, len(lines(err))) == (USAGE, "", 1)
        assert said in err


@pytest.mark.parametrize("typed", [typed for typed in COMMANDS if "CONSUMER" in {a.metavar for a in actions(typed)}])
def test_a_mistyped_consumer_is_told_the_right_one(
    typed: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outputs = {"table_name": "t", "table_stream_arn": "arn:aws:dynamodb:eu-west-1:0:table/t/stream/s",
               "collection_endpoint": "https://example.aoss.amazonaws.com",
               "indexes": {"sync_dynamodb_stream": "t-dynamodb-stream"}}  # fmt: skip
    (tmp_path / "outputs.json").write_text(json.dumps(outputs))
    more = ["--yes"] if "--yes" in flags(typed) else []
    arguments = [typed.split()[1], "sync_dynamo_stream", "--outputs", str(tmp_path / "outputs.json"), *more]
    code, out, err = run(typed, arguments, capsys)
    assert (code, out) == (USAGE, "")
    assert err.endswith("Did you mean sync_dynamodb_stream?\n")


@pytest.mark.parametrize("package", MAINS)
def test_a_call_without_a_command_lists_them(package: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(f"{package} x", ["--help"], capsys)
    assert code == 0
    assert [
        name for name in (typed.split()[1] for typed in COMMANDS if typed.startswith(package)) if name not in out
    ] == []
    assert max(map(len, out.splitlines()[:-1])) <= 60
    for wrong in ([], ["--", COMMANDS[0].split()[1]], ["--yes"]):
        code, out, err = run(f"{package} x", wrong, capsys)
        assert (code, out) == (USAGE, "")
    code, out, err = run(f"{package} x", [], capsys)
    assert (code, out) == (USAGE, "")
    assert "COMMAND" in err


def test_a_program_of_another_name_has_it_in_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        ops_main.main(["verify", "--help"], prog="driftless ops")
    shown = capsys.readouterr().out
    assert "usage: driftless ops verify" in shown
    assert "Example: driftless ops verify" in shown


def test_a_bare_number_type_would_be_found() -> None:
    parser = argparse.ArgumentParser(exit_on_error=False)
    parser.add_argument("--lines", type=int)
    with pytest.raises(argparse.ArgumentError) as error:
        parser.parse_args(["--lines", "many"])
    assert "is not a " not in str(error.value)
