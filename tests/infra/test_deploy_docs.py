"""docs/deploy.md says what is so: keys, commands, exports, variables and policies that it names exist."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

from infra.parts.container_image import KEPT_UNTAGGED_IMAGES
from infra.settings.sections import Settings
from ops import __main__ as ops_commands
from tests.infra.contracts import all_exports
from tests.infra.deployment import ROOT
from tests.infra.test_settings import _load

PAGE = (ROOT / "docs/deploy.md").read_text(encoding="utf-8")
WORKFLOW_TEXT = (ROOT / ".github/workflows/ci.yaml").read_text(encoding="utf-8")
FENCED = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
OPTIONAL_EXPORTS = {"operator_policy_arn", "api_key_id"}


def _blocks(language: str) -> list[str]:
    return [text for kind, text in FENCED.findall(PAGE) if kind == language]


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


def test_the_number_of_kept_images_is_the_lifecycle_rules() -> None:
    assert f"the {KEPT_UNTAGGED_IMAGES} youngest" in PAGE
    assert f"about {KEPT_UNTAGGED_IMAGES // 2} builds" in PAGE


def test_every_make_target_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"(?:^ *|`)make ([a-z]+(?:-[a-z]+)*)", PAGE, re.MULTILINE))

    assert named <= targets
    assert {"install", "test", "check", "test-images"} <= named


def test_every_ops_command_exists_with_its_flags_and_consumers(capsys: pytest.CaptureFixture[str]) -> None:
    commands = re.findall(r"python -m ops ([a-z]+)((?: (?:--)?[\w-]+)*)", PAGE)

    assert {name for name, _ in commands} == {"probe", "verify", "backfill"}
    for name, words in commands:
        with pytest.raises(SystemExit):
            ops_commands.main([name, "--help"])
        known = capsys.readouterr().out
        assert [word for word in words.split() if word.startswith("--") and word not in known] == []
        consumers = [word for word in words.split() if word.startswith("sync_")]
        assert [word for word in consumers if not _is_setting(f"consumers.{word}")] == []


def test_every_stack_output_is_exported() -> None:
    named = set(re.findall(r"pulumi stack output (\w+)", PAGE))

    assert named
    assert named <= set(all_exports()) | OPTIONAL_EXPORTS


def test_every_file_that_the_page_names_exists() -> None:
    linked = [target for target in re.findall(r"\]\(([^)#\s]+)\)", PAGE) if "://" not in target]
    named = re.findall(r"`((?:[\w.-]+/)+[\w.-]*|renovate\.json)`", PAGE)

    assert len(linked) + len(named) > 5
    assert [path for path in linked if not (ROOT / "docs" / path).exists()] == []
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_variables_and_secrets_of_the_workflow_are_told_and_no_others() -> None:
    used = set(re.findall(r"\b(?:vars|secrets)\.(\w+)", WORKFLOW_TEXT))
    ci = PAGE.partition("\n## CI\n")[2].partition("\n## ")[0]
    told = set(re.findall(r"`([A-Z][A-Z_]+[A-Z])`", ci))

    assert told == used


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
    allowed = {action for each in rights["Statement"] for action in _flat(each["Action"])}
    assert allowed == {"s3:ListBucket", "s3:GetObject", "kms:Decrypt", "kms:Encrypt", "ecr:GetAuthorizationToken"}


def _flat(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
