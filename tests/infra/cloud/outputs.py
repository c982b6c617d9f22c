"""What a new or changed resource answers: what cloud_answers.py knows, and a filling for every other output.

A replaced resource has other ids and other names of its own making than the one before it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, get_origin

from tests.infra import resource_types as types
from tests.infra.cloud.resource import Goal, Resource
from tests.infra.cloud.schema import schema_of
from tests.infra.cloud_answers import created


def made(goal: Goal, generation: int) -> Resource:
    """Makes the resource that the goal asks for."""
    identity, outputs = created(goal.type, goal.name, dict(goal.inputs), generation=generation)
    schema = schema_of(goal.type)
    missing = schema.always - outputs.keys()
    outputs |= {name: _filling(schema.outputs[name], f"{name}-of-{identity}") for name in missing}
    return Resource(goal=goal, id=identity, outputs=outputs | _built(goal), generation=generation)


def _built(goal: Goal) -> dict[str, Any]:
    """An image has the digest of what goes into it, which a registry's token doesn't."""
    if goal.type != types.IMAGE:
        return {}
    inputs = {name: value for name, value in goal.inputs.items() if name != "registries"}
    digest = f"sha256:{hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()}"
    return {"digest": digest, "ref": f"{goal.inputs['tags'][0]}@{digest}"}


def _filling(annotation: Any, text: str) -> Any:
    origin = get_origin(annotation) or annotation
    if origin in (int, float, bool):
        return origin(0)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {}
    return text if origin is str else [] if origin is not dict else {}
