"""`make trial` with stand-ins of Pulumi and Docker: what it asks for, in which order, and that it always destroys."""

import http.server
import json
import os
import pty
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import yaml

from demo.checks import wait_for
from local.layout import ROOT
from tests.infra.contracts import all_alarms
from tools.trial.cost import ALARMS, describe, hourly
from tools.trial.course import trial
from tools.trial.needs import OLDEST_PULUMI, Account, missing_tools
from tools.trial.settings import FILE, settings, write_settings

USER = "arn:aws:iam::123456789012:user/ada"
ACCOUNT = Account(number="123456789012", region="us-east-1", operator=USER)
IDENTITY = """<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
<Arn>{arn}</Arn><UserId>A</UserId><Account>123456789012</Account></GetCallerIdentityResult>
</GetCallerIdentityResponse>"""
PULUMI = """#!/bin/sh
echo "pulumi $*" >> "$CALLS"
case "$1 $2" in
  "version "*) echo "${PULUMI_VERSION:-v3.272.0}" ;;
  "whoami "*) [ -z "$NO_LOGIN" ] || exit 255; echo "{\\"url\\": \\"${BACKEND:-https://app.pulumi.com}\\"}" ;;
  "stack ls") echo "${STACKS:-[]}" ;;
  "stack output") echo "{}" ;;
  "destroy "*) [ -z "$SLOW_DESTROY" ] || sleep 2 ;;
  "up "*) [ -z "$SLOW_UP" ] || {
    trap 'echo "interrupted up" >> "$CALLS"; over=1' INT
    while [ -z "$over" ]; do sleep 0.1; done
    sleep 0.5  # a second signal would be noted
    exit 1
  } ;;
esac
case " $FAILING " in *" $1 "*) exit 1 ;; esac
"""
DOCKER = """#!/bin/sh
case "$1 $2" in
  "info "*) [ -z "$NO_DAEMON" ] || exit 1; echo '[["driver-type","overlay2"]]' ;;
  "buildx version") [ -z "$NO_BUILDX" ] || exit 1 ;;
  "buildx inspect") echo "Name: b"; echo "Driver:        ${DRIVER:-docker-container}" ;;
esac
"""


class Sts(http.server.BaseHTTPRequestHandler):
    """Answers every call as GetCallerIdentity."""

    def do_POST(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(IDENTITY.format(arn=USER).encode())

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture(autouse=True)
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Puts the stand-ins onto PATH, and one for STS behind the environment."""
    monkeypatch.chdir(tmp_path)  # not where a stack of that name may be
    for name, script in (("pulumi", PULUMI), ("docker", DOCKER)):
        (tmp_path / name).write_text(script)
        (tmp_path / name).chmod(0o755)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Sts) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for name in ("PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE", "SECRETS_PROVIDER", "YES"):
            monkeypatch.delenv(name, raising=False)
        for name, value in {
            "PATH": f"{tmp_path}:{os.environ['PATH']}",
            "CALLS": str(tmp_path / "calls"),
            "AWS_ENDPOINT_URL_STS": f"http://127.0.0.1:{server.server_port}",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1",
            "NO_PROXY": "127.0.0.1",
            "PYTHONPATH": str(ROOT),
        }.items():
            monkeypatch.setenv(name, value)
        yield
        server.shutdown()


def start(**environment: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "tools.trial"], env={**os.environ, **environment}, text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip


def ended(**environment: str) -> tuple[int | None, str, str]:
    process = start(**environment)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def calls(tmp_path: Path) -> list[str]:
    """The steps of the course, without the questions before it and the flags."""
    lines = (tmp_path / "calls").read_text().splitlines() if (tmp_path / "calls").exists() else []
    steps = [" ".join(word for word in line.split() if not word.startswith("-")) for line in lines]
    asked = ("pulumi version", "pulumi whoami", "pulumi stack ls", "pulumi stack output")
    return [step for step in steps if not step.startswith(asked)]


WHOLE = [
    "pulumi stack init trial",
    "pulumi preview trial",
    "pulumi up trial",
    "pulumi destroy trial",
    "pulumi stack rm trial",
]


def in_course(smoke: str) -> bool:
    return trial(ACCOUNT, smoke=["sh", "-c", f'echo smoke >> "$CALLS"; {smoke}'])


def test_a_green_trial_deploys_proves_and_destroys(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert in_course("true")
    assert calls(tmp_path) == [*WHOLE[:3], "smoke", *WHOLE[3:]]
    said = capfd.readouterr().out
    assert "Nothing is left that costs. The account keeps its role for API logs" in said
    assert '"Tear down"' in said
    page = (ROOT / "docs" / "deploy.md").read_text()
    assert "What stays" in page[page.index("## Tear down") :]


def test_a_red_smoke_test_is_followed_by_the_destroy(tmp_path: Path) -> None:
    code, out, _ = ended(YES="1")  # the stand-in's outputs are those of no stack: the real smoke test is red
    assert (code, calls(tmp_path)) == (1, WHOLE)
    assert "has not passed. Nothing is left that costs." in out


@pytest.mark.parametrize(
    ("failing", "steps"),
    [("up", WHOLE), ("preview", [*WHOLE[:2], WHOLE[4]])],
    ids=["up: destroys what was made", "preview: nothing was made"],
)
def test_a_step_that_fails_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], failing: str, steps: list[str]
) -> None:
    monkeypatch.setenv("FAILING", failing)
    assert not in_course("true")
    assert calls(tmp_path) == steps
    assert ("Nothing is left." in capfd.readouterr().out) == (failing == "preview")


def test_an_interrupted_deployment_ends_in_order_and_is_destroyed(tmp_path: Path) -> None:
    process = start(YES="1", SLOW_UP="1")
    assert wait_for(lambda: calls(tmp_path)[-1:] == ["pulumi up trial"], 30)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all of the foreground
    _, err = process.communicate(timeout=60)
    assert (process.returncode, calls(tmp_path)) == (1, [*WHOLE[:3], "interrupted up", *WHOLE[3:]])
    assert "Interrupted." in err


def test_a_signal_during_the_destroy_does_not_stop_it(tmp_path: Path) -> None:
    process = start(YES="1", SLOW_DESTROY="1")
    assert wait_for(lambda: calls(tmp_path)[-1:] == ["pulumi destroy trial"], 30)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, calls(tmp_path)) == (1, WHOLE), err
    assert "Nothing is left that costs." in out


def test_a_failed_destroy_says_what_is_left_and_what_to_do(tmp_path: Path) -> None:
    code, out, err = ended(YES="1", FAILING="destroy")
    assert (code, calls(tmp_path)) == (1, WHOLE[:4])
    for words in ("costs money in account 123456789012, us-east-1", "pulumi destroy --stack trial", "trial-lab-search"):
        assert words in err
    assert "Nothing is left" not in out


def test_without_a_terminal_nothing_is_made_and_the_cost_is_named(tmp_path: Path) -> None:
    code, out, err = ended()
    assert (code, calls(tmp_path)) == (2, [])
    assert "about $0.28 an hour" in out
    assert f"account 123456789012, region us-east-1, as {USER}" in out
    assert "YES=1" in err


@pytest.mark.parametrize(("answer", "code"), [("n\n", 2), ("\n", 2), ("y\n", 1)])
def test_on_a_terminal_it_asks(tmp_path: Path, answer: str, code: int) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "tools.trial"], stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    os.write(ours, answer.encode())
    process.communicate(timeout=60)
    os.close(ours)
    os.close(theirs)
    assert (process.returncode, calls(tmp_path)) == (code, WHOLE if code == 1 else [])


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"PULUMI_VERSION": "v3.9.0"}, "older than 3.272.0"),
        ({"NO_LOGIN": "1"}, "pulumi login"),
        ({"BACKEND": "s3://state"}, "PULUMI_CONFIG_PASSPHRASE"),
        ({"STACKS": '[{"name": "trial", "resourceCount": 3}]'}, "pulumi destroy --stack trial"),
        ({"STACKS": '[{"name": "organization/driftless/trial"}]'}, "pulumi destroy --stack trial"),
        ({"NO_DAEMON": "1"}, "daemon does not answer"),
        ({"NO_BUILDX": "1"}, "no Buildx"),
        ({"DRIVER": "docker"}, "docker buildx create --use"),
    ],
)
def test_what_is_missing_is_named_with_its_fix(
    monkeypatch: pytest.MonkeyPatch, environment: Mapping[str, str], words: str
) -> None:
    assert list(missing_tools()) == []
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    [problem] = missing_tools()
    assert words in problem


def test_a_stack_of_a_similar_name_is_no_hindrance(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STACKS", '[{"name": "mistrial"}, {"name": "trial-2"}]')
    assert list(missing_tools()) == []


def test_everything_that_is_missing_is_named_at_once(tmp_path: Path) -> None:
    nothing = tmp_path / "nothing"
    nothing.mkdir()
    code, _, err = ended(PATH=str(nothing), AWS_REGION="", YES="1", AWS_CONFIG_FILE=str(nothing / "config"))
    assert (code, err.count("\n- ")) == (1, 3)
    for words in ("Pulumi is not installed", "Docker is not installed", "No region is chosen"):
        assert words in err


def test_the_root_user_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[__name__], "USER", "arn:aws:iam::123456789012:root")
    code, _, err = ended(YES="1")
    assert code == 1
    assert "root user" in err


def test_the_settings_are_those_of_the_deployment_page() -> None:
    page = (ROOT / "docs/deploy.md").read_text(encoding="utf-8")
    [block] = re.findall(r"^ *```yaml\n(.*?)^ *```$", page, re.MULTILINE | re.DOTALL)
    written = yaml.safe_load(block)["config"]
    ours = settings(written["aws:region"], written["driftless:operators"]["arns"][0], "arm64")
    assert ours.pop("driftless:architecture") == "arm64"  # the page leaves it at its default
    assert ours == written


def test_settings_stand_below_what_pulumi_has_written() -> None:
    FILE.write_text("secretsprovider: awskms://alias/pulumi\n")
    write_settings("eu-central-1", USER)
    written = yaml.safe_load(FILE.read_text())
    assert written["secretsprovider"] == "awskms://alias/pulumi"
    assert written["config"]["driftless:operators"] == {"arns": [USER]}


def test_a_file_of_such_a_stack_is_left_alone() -> None:
    FILE.write_text("config: {}\n")
    [problem] = missing_tools()
    assert "never takes one that it has not made" in problem


def test_images_are_built_for_the_machines_own_processor() -> None:
    found = {machine: settings("r", "o", machine)["driftless:architecture"] for machine in ("x86_64", "aarch64")}
    assert found == {"x86_64": "x86_64", "aarch64": "arm64"}


def test_the_page_and_the_figures_are_those_of_the_program() -> None:
    page = " ".join((ROOT / "docs/deploy.md").read_text(encoding="utf-8").split())
    east, central = (f"${hourly(region):.2f}" for region in ("us-east-1", "eu-central-1"))
    assert f"about {east} an hour in us-east-1, {central} in eu-central-1" in page
    assert len(all_alarms()) == ALARMS
    assert f"pulumi=={'.'.join(map(str, OLDEST_PULUMI))}" in (ROOT / "requirements.txt").read_text(encoding="utf-8")


def test_the_cost_of_a_region_without_a_known_price_is_not_flattered() -> None:
    assert hourly("af-south-1") >= hourly("eu-central-1") > hourly("us-east-1") > 0.24
    assert "unknown" in describe("af-south-1")
    assert json.dumps(round(hourly("us-east-1"), 2)) == "0.28"
