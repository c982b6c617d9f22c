"""The section `analytics`: the asynchronous service SciLearn, its queue, its destinations, and what it may read."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from infra.base.values import FunctionName, ImageDigest, MemoryMegabytes, Section, written_as

QUEUE = "sqs"
"""The stack's own SQS queue as a destination."""
# A FIFO queue or topic is no destination, nor is a bucket where successes go, too:
# https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
_NAME = r"[A-Za-z0-9_-]+"
DESTINATION = (
    rf"{QUEUE}|arn:aws[a-z-]*:(?:(?:sqs|sns):[a-z0-9-]+:[0-9]{{12}}:{_NAME}"
    rf"|events:[a-z0-9-]+:[0-9]{{12}}:event-bus/[A-Za-z0-9._/-]+"
    rf"|lambda:[a-z0-9-]+:[0-9]{{12}}:function:{_NAME}(?::[A-Za-z0-9_$-]+)?)"
)
ACCESS_POINT_ARN = r"arn:aws[a-z-]*:elasticfilesystem:[a-z0-9-]+:[0-9]{12}:access-point/fsap-[0-9a-f]+"
MOUNT_FOLDER = r"[A-Za-z0-9_-]+"
# Bucket names: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html. Neither a comma, which
# separates locations on their way to the function, nor a star or question mark, which would widen the right to read.
LOCATION = r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/[A-Za-z0-9!_.'()/=-]*"

Destination = Annotated[
    str,
    AfterValidator(
        written_as(DESTINATION, f"{QUEUE}, or the ARN of a standard queue or topic, an event bus or a function")
    ),
]
AccessPointArn = Annotated[
    str, AfterValidator(written_as(ACCESS_POINT_ARN, "the ARN of an EFS access point, ...:access-point/fsap-..."))
]
MountFolder = Annotated[str, AfterValidator(written_as(MOUNT_FOLDER, "the name of a folder, which is made below /mnt"))]
Location = Annotated[
    str, AfterValidator(written_as(LOCATION, "s3://BUCKET/PREFIX, where PREFIX may be empty; no star"))
]


class FileSystemSettings(Section):
    """An EFS file system in the function, by an access point, in a folder below /mnt; both or none.

    Needs a private network. Lambda mounts nowhere else:
    https://docs.aws.amazon.com/lambda/latest/dg/configuration-filesystem.html
    """

    access_point_arn: AccessPointArn | None = None
    folder: MountFolder | None = None


class AnalyticsSettings(Section):
    """SciLearn: bounds are Lambda's, SQS's and those that `images/scilearn` itself checks.

    On by default: idle it costs what its alarms and its image in ECR cost, and a stack without it lacks a path of the
    API. Off saves the build of the largest image.

    https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html (retries, event age)
    https://docs.aws.amazon.com/lambda/latest/dg/configuration-ephemeral-storage.html
    """

    enabled: bool = True
    function_name: FunctionName = "scilearn"
    memory_mb: MemoryMegabytes = 2048
    ephemeral_storage_mb: int = Field(default=2048, ge=512, le=10_240)
    timeout_seconds: int = Field(default=300, ge=20, le=900)
    reserved_concurrency: int | None = Field(default=None, ge=1)
    maximum_retry_attempts: int = Field(default=2, ge=0, le=2)
    maximum_event_age_seconds: int = Field(default=21_600, ge=60, le=21_600)
    queue_retention_hours: int = Field(default=96, ge=1, le=312)
    request_age_seconds: int = Field(default=300, ge=60, le=86_400)
    on_success: Destination = QUEUE
    on_failure: Destination = QUEUE
    result_days: int = Field(default=30, ge=1, le=3650)
    link_seconds: int = Field(default=900, ge=60, le=43_200)
    input_locations: tuple[Location, ...] = Field(default=(), max_length=20)
    search_input: bool = True
    file_system: FileSystemSettings = FileSystemSettings()
    image_digest: ImageDigest | None = None
