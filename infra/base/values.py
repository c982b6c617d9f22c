"""Defines the types of settings that sections share, each with a message that shows the expected form."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

RESOURCE_NAME = r"^[A-Za-z0-9_.-]+$"
FUNCTION_NAME = r"^[A-Za-z0-9_-]+$"
INDEX_NAME = r"^[a-z0-9][a-z0-9_.-]*$"
# Single dashes only, the strictest of what it stands before, a repository's name:
# https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html
PREFIX = r"^([a-z][a-z0-9]*(-[a-z0-9]+)*-?)?$"
IMAGE_DIGEST = r"sha256:[0-9a-f]{64}"
# A reference as builders take it: https://pkg.go.dev/github.com/distribution/reference
_PATH_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
IMAGE_REFERENCE = (
    rf"(?:[A-Za-z0-9][A-Za-z0-9.-]*(?::[0-9]+)?/)?{_PATH_PART}(?:/{_PATH_PART})*"
    rf"(?::[A-Za-z0-9_][A-Za-z0-9_.-]{{0,127}})?(?:@{IMAGE_DIGEST})?"
)
PRINCIPAL_ARN = r"arn:aws[a-z-]*:iam::[0-9]{12}:(?:role|user)/[A-Za-z0-9+=,.@_/-]+"

# The values that CloudWatch Logs accepts, without 0 (for ever).
# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
RetentionDays = Annotated[
    Literal[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653],
    # Pulumi hands scalars over as text, which a Literal does not convert.
    BeforeValidator(lambda value: int(value) if isinstance(value, str) and value.isdecimal() else value),
]


def written_as(pattern: str, form: str) -> Callable[[str], str]:
    """Makes a check whose message shows the form instead of the pattern."""

    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(f"must be {form}")
        return value

    return check


FunctionName = Annotated[str, Field(min_length=1, max_length=64, pattern=FUNCTION_NAME)]
IndexName = Annotated[str, Field(min_length=1, max_length=255, pattern=INDEX_NAME)]
ImageDigest = Annotated[
    str,
    AfterValidator(written_as(IMAGE_DIGEST, "sha256: and 64 hexadecimal digits in lower case, no name and no tag")),
]
ImageReference = Annotated[
    str, AfterValidator(written_as(IMAGE_REFERENCE, "an image, name:tag or better name@sha256: and 64 digits"))
]
PrincipalArn = Annotated[
    str,
    AfterValidator(
        written_as(PRINCIPAL_ARN, "the ARN of an IAM role or user, arn:aws:iam::ACCOUNT:role/NAME; no star")
    ),
]
MemoryMegabytes = Annotated[int, Field(ge=128, le=10240)]
Arn = Annotated[str, Field(pattern=r"^arn:[a-z-]+:[^*]+$")]
