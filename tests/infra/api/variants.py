"""Stacks whose callers use a key."""

from __future__ import annotations

from typing import Any

VARIANTS: dict[str, dict[str, Any]] = {"api key": {"api": {"authorization": "api_key"}}}
