"""What the local stack makes of each resource type: one file an AWS service, a small creator a type.

A creator gets the cloud, the resource's logical name and its inputs (Pulumi's names, camelCase, whole numbers as int),
makes the resource in the embedded AWS and returns its id and outputs. A type that no file knows is an error.
"""

import importlib
import pkgutil
from collections.abc import Iterable
from typing import Any

from local.program.resources.creation import Creator


def creators_of(modules: Iterable[Any]) -> dict[str, Creator]:
    """Collects the `CREATORS` of all modules that have any. Raises RuntimeError for a type that two of them make."""
    creators: dict[str, Creator] = {}
    for module in modules:
        for resource_type, creator in getattr(module, "CREATORS", {}).items():
            if resource_type in creators:
                raise RuntimeError(f"{resource_type} has two creators; the second one is in {module.__name__}")
            creators[resource_type] = creator
    return creators


CREATORS = creators_of(importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__))
