"""Shortens names for AWS: readable where they fit, cut and made unique by a hash where they do not."""

from __future__ import annotations

import hashlib

_HASH_LENGTH = 6


def bounded_name(name: str, *, limit: int) -> str:
    """Returns the name, or its beginning and a hash of all of it. The same name always gives the same answer.

    OpenSearch Serverless takes 3 to 32 characters, less than Pulumi's own random suffix often leaves.
    """
    if len(name) <= limit:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:_HASH_LENGTH]
    return f"{name[: limit - _HASH_LENGTH - 1].rstrip('-')}-{digest}"


def logical_name(folder: str) -> str:
    """Returns a folder of images/ as a name in Pulumi: buckets and repositories take no underscore."""
    return folder.replace("_", "-")
