"""Looks at what a trial needs, and says of everything that is missing how to get it, in one go."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from tools.trial.settings import FILE, NAME

OLDEST_PULUMI = (3, 272, 0)  # of the language's package in requirements.txt
ANSWER_SECONDS = 60
SECRETS_PROVIDER = "SECRETS_PROVIDER"
"""The environment variable with what `pulumi stack init --secrets-provider` shall get."""


@dataclass(frozen=True, kw_only=True)
class Account:
    """Where the trial runs, and as whom: the ARN is of a role or user."""

    number: str
    region: str
    operator: str


def missing_tools(file: Path = FILE) -> Iterator[str]:
    """Yields what is missing of Pulumi and Docker, each with its fix."""
    yield from (
        _pulumi(file)
        if shutil.which("pulumi")
        else ("Pulumi is not installed: https://www.pulumi.com/docs/iac/download-install/",)
    )
    yield from (
        _docker() if shutil.which("docker") else ("Docker is not installed: https://docs.docker.com/engine/install/",)
    )


def find_account() -> Account | str:
    """Asks AWS whose credentials these are. Gives a sentence with the fix where there are none."""
    region = os.environ.get("AWS_REGION") or boto3.Session().region_name
    if not region:
        return "No region is chosen: export AWS_REGION=eu-central-1, or another that has OpenSearch Serverless."
    session = boto3.Session(region_name=region)
    try:
        caller = session.client("sts").get_caller_identity()
    except (BotoCoreError, ClientError) as error:
        return f"AWS does not know you ({type(error).__name__}): log in (`aws sso login`), or set AWS_PROFILE."
    arn = str(caller["Arn"])
    if arn.endswith(":root"):
        return "These credentials are the account's root user, who can't be an operator: take a role or an IAM user."
    operator = _role_of(session, arn) if ":assumed-role/" in arn else arn
    return Account(number=str(caller["Account"]), region=region, operator=operator)


def _role_of(session: boto3.Session, arn: str) -> str:
    """Gives the ARN of an assumed role: IAM alone knows its path, as roles of IAM Identity Center have one."""
    _, partition, _, _, account, resource = arn.split(":", 5)
    name = resource.split("/")[1]
    try:
        return str(session.client("iam").get_role(RoleName=name)["Role"]["Arn"])
    except (BotoCoreError, ClientError):
        return f"arn:{partition}:iam::{account}:role/{name}"


def _pulumi(file: Path) -> Iterator[str]:
    version = re.search(r"(\d+)\.(\d+)\.(\d+)", _ask("pulumi", "version")[1])
    if version is None or tuple(map(int, version.groups())) < OLDEST_PULUMI:
        wanted = ".".join(map(str, OLDEST_PULUMI))
        yield f"Pulumi is older than {wanted}: https://www.pulumi.com/docs/iac/download-install/"
    code, answer = _ask("pulumi", "whoami", "--json", "--verbose", "--non-interactive")
    if code != 0:
        yield "Pulumi has no place for its state: pulumi login, or pulumi login s3://my-pulumi-state"
        return
    if not _object(answer).get("url", "").startswith("https://") and not _has_secrets():
        yield (
            "Pulumi's state outside Pulumi Cloud needs a key for secrets: export PULUMI_CONFIG_PASSPHRASE=..., "
            f'or {SECRETS_PROVIDER}="awskms://alias/pulumi?region=eu-central-1"'
        )
    _, listed = _ask("pulumi", "stack", "ls", "--json", "--non-interactive")
    if file.exists() or re.search(rf'"name":\s*"(?:[^"]*/)?{NAME}"', listed):
        yield (
            f"There is a stack {NAME} already, or {file.name}. A trial destroys its stack, so it never takes one that "
            f"it has not made: pulumi destroy --stack {NAME}; pulumi stack rm {NAME}; then remove {file.name}."
        )


def _docker() -> Iterator[str]:
    code, driver = _ask("docker", "info", "--format", "{{json .DriverStatus}}")
    if code != 0:
        yield "Docker's daemon does not answer: start it, and let this user reach it (`docker info`)."
        return
    if _ask("docker", "buildx", "version")[0] != 0:
        yield "Docker has no Buildx: https://docs.docker.com/build/install-buildx/"
        return
    builder = _ask("docker", "buildx", "inspect")[1]
    if re.search(r"^Driver:\s+docker\s*$", builder, re.MULTILINE) and "containerd" not in driver:
        yield "Docker's default builder can't export its cache to a registry: docker buildx create --use"


def _has_secrets() -> bool:
    names = ("PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE", SECRETS_PROVIDER)
    return any(name in os.environ for name in names)


def _object(text: str) -> dict[str, str]:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _ask(*command: str) -> tuple[int, str]:
    try:
        answer = subprocess.run(
            command, capture_output=True, text=True, timeout=ANSWER_SECONDS, check=False,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return 1, ""
    return answer.returncode, answer.stdout
