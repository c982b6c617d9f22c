"""The kit that every capability is handed: names, images, functions, protection, options of its resources."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pulumi

from infra.base.alarm import AlarmSettings
from infra.base.names import logical_name
from infra.base.section import FunctionSettings, NamedFunctionSettings
from infra.parts.container_image import ContainerImage, ContainerImageArgs, ImagesSettings
from infra.parts.image_function import FunctionSpec


@dataclass(frozen=True, kw_only=True)
class Kit:
    """What all capabilities share."""

    name_prefix: str
    protect: bool
    architecture: Literal["arm64", "x86_64"]
    log_retention_days: int
    images: ImagesSettings
    alarms: AlarmSettings
    opts: pulumi.ResourceOptions
    """For components without a parent: the stack's provider."""

    def physical(self, name: str) -> str:
        """Returns the name in AWS: the prefix keeps two stacks of one account apart."""
        return f"{self.name_prefix}{name}"

    def image(self, folder: str, own: FunctionSettings) -> pulumi.Output[str]:
        """Builds the image of a folder of images/ and returns its URI by digest."""
        args = ContainerImageArgs(
            folder=folder,
            repository_name=self.physical(logical_name(folder)),
            architecture=self.architecture,
            image_digest=own.image_digest,
            images=self.images,
            force_delete=not self.protect,
        )
        return ContainerImage(f"{logical_name(folder)}-image", args, self.opts).uri

    def function(
        self,
        own: NamedFunctionSettings,
        image_uri: pulumi.Input[str],
        *,
        suffix: str = "",
        memory_mb: int | None = None,
        timeout_seconds: int | None = None,
    ) -> FunctionSpec:
        """Returns what the section says of its function, or of a second one named after it, of a size of its own."""
        return FunctionSpec(
            function_name=self.physical(f"{own.function_name}{suffix}"),
            image_uri=image_uri,
            architecture=self.architecture,
            memory_mb=memory_mb or own.memory_mb,
            timeout_seconds=timeout_seconds or own.timeout_seconds,
            log_retention_days=self.log_retention_days,
        )
