"""Reads and checks the stack's configuration, and makes the kit of it."""

from __future__ import annotations

import pulumi

from infra.kit import Kit
from infra.settings.provider import aws_provider
from infra.settings.sections import Settings


def kit_of(settings: Settings) -> Kit:
    """Makes what every capability is handed, the provider included."""
    return Kit(
        name_prefix=settings.name_prefix,
        protect=settings.protect,
        architecture=settings.architecture,
        log_retention_days=settings.log_retention_days,
        images=settings.images,
        alarms=settings.alarms,
        opts=pulumi.ResourceOptions(providers=[aws_provider(settings)]),
    )
