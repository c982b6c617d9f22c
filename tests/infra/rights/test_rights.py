"""Statements that no graph shows whole."""

from __future__ import annotations

from typing import Any

from infra.rights import s3


def test_refusals_of_plain_text_cover_the_bucket_and_its_objects() -> None:
    document: dict[str, Any] = s3.bucket_tls_only("arn:aws:s3:::b")

    assert document["Statement"][0]["Resource"] == ["arn:aws:s3:::b", "arn:aws:s3:::b/*"]
