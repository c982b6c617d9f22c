"""Configurations at the bounds of the room's sections, and beyond them with the path of what is wrong."""

from __future__ import annotations

from typing import Any

ALLOWED: list[dict[str, Any]] = [
    {"images": {"base_image": "public.ecr.aws/lambda/python:3.13", "scan_on_push": True}},
    {"images": {"base_image": "public.ecr.aws/lambda/python:3.13@sha256:" + "0" * 64}},
    {"images": {"base_image": "registry.example:5000/team/base@sha256:" + "0" * 64, "extensions_image": "extensions"}},
]

REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"images": {"base_image": "Lambda/Python:3.13"}}, "images.base_image"),
    ({"images": {"base_image": "base:1 --privileged"}}, "images.base_image"),
    ({"images": {"base_image": "base@sha256:1a2b"}}, "images.base_image"),
    ({"images": {"base_image": ""}}, "images.base_image"),
    ({"images": {"extensions_image": "https://example.com/extensions:1"}}, "images.extensions_image"),
    ({"images": {"scan_on_push": "sometimes"}}, "images.scan_on_push"),
]
