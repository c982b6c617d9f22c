"""The section `analyses`: the service SciLearn, its queue, its destinations, and what its requests may read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Protocol

from pydantic import AfterValidator, Field

from infra.base.section import PhysicalName, Problem, Section
from infra.base.values import FunctionName, MemoryMegabytes, written_as
from infra.parts.image_function import FunctionFileSystem
from infra.queued.settings import QueuedSettings
from infra.search.settings import CollectionSettings

STATUS_FUNCTION_SUFFIX = "-status"
# Below it the libraries alone leave no room for data, and the function refuses to start: images/scilearn/environment.py
LEAST_MEMORY_MB = 512
ACCESS_POINT_ARN = r"arn:aws[a-z-]*:elasticfilesystem:[a-z0-9-]+:[0-9]{12}:access-point/fsap-[0-9a-f]+"
MOUNT_FOLDER = r"[A-Za-z0-9_-]+"
# Bucket names: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html. Neither a comma, which
# separates locations on their way to the function, nor a star or question mark, which would widen the right to read.
LOCATION = r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/[A-Za-z0-9!_.'()/=-]*"

AccessPointArn = Annotated[
    str, AfterValidator(written_as(ACCESS_POINT_ARN, "the ARN of an EFS access point, ...:access-point/fsap-..."))
]
MountFolder = Annotated[str, AfterValidator(written_as(MOUNT_FOLDER, "the name of a folder, which is made below /mnt"))]
Location = Annotated[
    str, AfterValidator(written_as(LOCATION, "s3://BUCKET/PREFIX, where PREFIX may be empty; no star"))
]


class _Stack(Protocol):
    """What the rules read of other sections."""

    @property
    def name_prefix(self) -> str: ...
    @property
    def collection(self) -> CollectionSettings: ...


class FileSystemSettings(Section):
    """An EFS file system in the function, by an access point, in a folder below /mnt; both or none.

    Needs a private network. Lambda mounts nowhere else:
    https://docs.aws.amazon.com/lambda/latest/dg/configuration-filesystem.html
    """

    access_point_arn: AccessPointArn | None = Field(
        default=None,
        examples=["arn:aws:elasticfilesystem:eu-central-1:123456789012:access-point/fsap-0123456789abcdef0"],
    )
    folder: MountFolder | None = Field(default=None, examples=["data"])

    def conflicts(self, stack: _Stack) -> Iterator[Problem]:
        """Yields a key without the other, and keys that need a VPC."""
        parts = {"access_point_arn": self.access_point_arn, "folder": self.folder}
        for key, value in parts.items():
            path = ("analyses", "file_system", key)
            if value is None and any(parts.values()):
                yield Problem(path=path, message="is required when the other key of analyses.file_system is set")
            if value is not None and stack.collection.network.access != "private":
                message = "needs a function in a VPC, so collection.network.access: private; or remove it"
                yield Problem(path=path, message=message)

    @property
    def mounted(self) -> FunctionFileSystem | None:
        """What the function mounts."""
        if self.access_point_arn is None or self.folder is None:
            return None
        return FunctionFileSystem(access_point_arn=self.access_point_arn, mount_path=f"/mnt/{self.folder}")


class AnalysesSettings(QueuedSettings):
    """SciLearn: analyses on request. Bounds are those that `images/scilearn` checks.

    On by default: idle it costs what its alarms and its image in ECR cost, and a stack without it lacks a path of the
    API. Off saves the build of the largest image.
    """

    enabled: bool = True
    function_name: FunctionName = "scilearn"
    memory_mb: MemoryMegabytes = 2048
    timeout_seconds: int = Field(default=300, ge=20, le=900)
    result_days: int = Field(default=30, ge=1, le=3650)
    link_seconds: int = Field(default=900, ge=60, le=43_200)
    input_locations: tuple[Location, ...] = Field(default=(), max_length=20, examples=["[s3://my-data/inputs/]"])
    search_input: bool = True
    file_system: FileSystemSettings = FileSystemSettings()

    @property
    def input_places(self) -> list[tuple[str, str]]:
        """Buckets and key prefixes that requests may read."""
        parts = (location.removeprefix("s3://").partition("/") for location in self.input_locations)
        return [(bucket, prefix) for bucket, _, prefix in parts]

    def names(self) -> Iterator[PhysicalName]:
        """Yields the function's name, with room for the status function's."""
        if self.enabled:
            yield from self.function_names("analyses", suffix=STATUS_FUNCTION_SUFFIX)

    def conflicts(self, stack: _Stack) -> Iterator[Problem]:
        """Yields what the service can't run with; nothing while it is off."""
        if not self.enabled:
            return
        if self.memory_mb < LEAST_MEMORY_MB:
            message = f"is {self.memory_mb}; at least {LEAST_MEMORY_MB} is needed, or it does not start"
            yield Problem(path=("analyses", "memory_mb"), message=message)
        yield from self.file_system.conflicts(stack)
        yield from self.own_destination("analyses", stack)
