"""docs/deploy.md says what is so: keys, consumers, exports, variables and policies that it names exist.

Its commands, targets and paths are checked with those of all pages, in tests/test_docs.py; what it says of updates and
of tear-down, in cloud/.
"""

from __future__ import annotations

import json
import re
from typing import Any

import pulumi
import yaml
from pydantic import BaseModel

from infra.parts.container_image import KEPT_UNTAGGED_IMAGES
from infra.settings.reading import load_settings
from infra.settings.sections import Settings
from tests.infra.conftest import as_config
from tests.infra.deployment import PROJECT, ROOT

PAGE = (ROOT / "docs/deploy.md").read_text(encoding="utf-8")
OPERATIONS = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
WORKFLOW_TEXT = (ROOT / ".github/workflows/ci.yaml").read_text(encoding="utf-8")
FENCED = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)


def _blocks(language: str) -> list[str]:
    return [text for kind, text in FENCED.findall(PAGE) if kind == language]


def _load(settings: dict[str, Any]) -> Settings:
    pulumi.runtime.set_all_config(as_config(settings))
    return load_settings(pulumi.Config(PROJECT))


def _is_setting(path: str) -> bool:
    model: type[BaseModel] | None = Settings
    for part in path.split("."):
        if model is None or part not in model.model_fields:
            return False
        inner = model.model_fields[part].annotation
        model = inner if isinstance(inner, type) and issubclass(inner, BaseModel) else None
    return True


def test_every_key_that_a_command_sets_or_removes_exists() -> None:
    keys = re.findall(r"pulumi config (?:set|rm) (?:--path )?'?([\w.]+)", PAGE)

    assert len(keys) >= 4
    assert [key for key in keys if not _is_setting(key)] == []


def test_every_dotted_key_in_the_text_exists() -> None:
    sections = "|".join(Settings.model_fields)
    keys = re.findall(rf"`((?:{sections})\.[a-z_.]+)`", PAGE)

    assert {"images.base_image", "operators.arns", "table_api.image_digest"} <= set(keys)
    assert [key for key in keys if not _is_setting(key)] == []


def test_settings_to_paste_are_accepted() -> None:
    [block] = _blocks("yaml")
    config = yaml.safe_load(block)["config"]

    settings = _load({key.removeprefix("driftless:"): value for key, value in config.items() if "driftless:" in key})

    assert settings.operators.arns
    assert not settings.protect


def test_a_digest_set_by_the_roll_back_command_is_accepted() -> None:
    [digest] = re.findall(r"image_digest' (\S+)", PAGE)

    assert _load({"consumers": {"sync_dynamodb_stream": {"image_digest": digest}}})


def _digest_keys(model: type[BaseModel], path: str = "") -> set[str]:
    inner = {key: field.annotation for key, field in model.model_fields.items()}
    found = {f"{path}{key}" for key in inner if key == "image_digest"}
    for key, type_ in inner.items():
        if isinstance(type_, type) and issubclass(type_, BaseModel):
            found |= _digest_keys(type_, f"{path}{key}.")
    return found


def test_roll_back_names_the_key_of_every_image() -> None:
    section = PAGE.partition("\n## Roll back\n")[2].partition("\n## ")[0]

    assert set(re.findall(r"[\w.]+\.image_digest", section)) == _digest_keys(Settings)


def test_the_number_of_kept_images_is_the_lifecycle_rules() -> None:
    assert f"the {KEPT_UNTAGGED_IMAGES} youngest" in PAGE
    assert f"about {KEPT_UNTAGGED_IMAGES // 2} builds" in PAGE


def test_every_consumer_of_a_command_exists() -> None:
    consumers = re.findall(r"python -m ops [a-z]+ (sync_\w+)", PAGE)

    assert consumers
    assert [name for name in consumers if not _is_setting(f"consumers.{name}")] == []


def test_every_stack_output_is_exported() -> None:
    named = set(re.findall(r"pulumi stack output (\w+)", PAGE))
    exports = OPERATIONS.partition("<!-- generated: exports -->")[2].partition("<!-- end -->")[0]

    assert named
    assert named <= set(re.findall(r"^\| `(\w+)`", exports, re.MULTILINE))


def test_variables_and_secrets_of_the_workflow_are_named_and_no_others() -> None:
    used = set(re.findall(r"\b(?:vars|secrets)\.(\w+)", WORKFLOW_TEXT))
    ci = PAGE.partition("\n## CI\n")[2].partition("\n## ")[0]
    named = set(re.findall(r"`([A-Z][A-Z_]+[A-Z])`", ci))

    assert named == used


def test_trust_and_rights_are_policies_for_the_workflows_environments() -> None:
    trust, rights = (json.loads(block) for block in _blocks("json"))
    jobs: dict[str, Any] = yaml.safe_load(WORKFLOW_TEXT)["jobs"]
    environments = {job["environment"] for job in jobs.values() if "environment" in job}

    [statement] = trust["Statement"]
    equals = statement["Condition"]["StringEquals"]
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert equals["token.actions.githubusercontent.com:aud"] == "sts.amazonaws.com"
    subject = equals["token.actions.githubusercontent.com:sub"]
    assert subject.rpartition(":")[2] in environments
    assert environments == {"preview", "production"}
    assert "`environment:preview`" in PAGE
    # GitHub's default for repositories made since July 15, 2026, and the older one:
    # https://github.blog/changelog/2026-04-23-immutable-subject-claims-for-github-actions-oidc-tokens
    assert re.fullmatch(r"repo:[A-Z]+@[A-Z-]+/[A-Z]+@[A-Z-]+:environment:production", subject)
    assert "`repo:OWNER/REPOSITORY:environment:production`" in PAGE
    allowed = {action for each in rights["Statement"] for action in _flat(each["Action"])}
    assert allowed == {"s3:ListBucket", "s3:GetObject", "kms:Decrypt", "kms:Encrypt", "ecr:GetAuthorizationToken"}


def _flat(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
