"""Stacks that build or name images in other ways."""

from __future__ import annotations

from typing import Any

from infra.base.section import FunctionSettings, Section
from infra.settings.sections import Settings

DIGEST = "sha256:" + "a" * 64


def _with_digests(section: Section) -> dict[str, Any]:
    """Names a digest for every function that there is a section of."""
    inner = {key: getattr(section, key) for key in type(section).model_fields}
    sections = {key: _with_digests(value) for key, value in inner.items() if isinstance(value, Section)}
    own = {"image_digest": DIGEST} if isinstance(section, FunctionSettings) else {}
    return {**own, **{key: value for key, value in sections.items() if value}}


VARIANTS: dict[str, dict[str, Any]] = {
    "images from elsewhere": _with_digests(Settings()),
    "x86_64 with a prefix": {"architecture": "x86_64", "name_prefix": "team-search-"},
    "images on another base": {
        "images": {"base_image": f"base@{DIGEST}", "extensions_image": "extensions:1", "scan_on_push": True},
    },
}
