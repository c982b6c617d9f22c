"""What the language runtime talks to while a program runs: it hands each registration to the update.

Over gRPC it serves a program in a process of its own; in this process the runtime calls the same methods.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from google.protobuf import empty_pb2, json_format  # type: ignore[import-untyped]
from pulumi.runtime.proto import resource_pb2, resource_pb2_grpc

from tests.infra.cloud.engine import Update
from tests.infra.cloud.resource import Goal
from tests.infra.cloud.wire import goal_of, plain, struct
from tests.infra.cloud_answers import called

Spoil = Callable[[Goal], Goal]
"""Changes a registration on its way, to seed a fault or to stand for an edit of the program."""

_FEATURES = (
    resource_pb2.RESOURCE_MONITOR_FEATURE_SECRETS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_RESOURCE_REFERENCES,
    resource_pb2.RESOURCE_MONITOR_FEATURE_OUTPUT_VALUES,
    resource_pb2.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_DELETED_WITH,
)


class Monitor(resource_pb2_grpc.ResourceMonitorServicer):
    """One run. In a preview nothing is made, and a provider knows no more than its inputs."""

    def __init__(self, update: Update, *, spoil: Spoil = lambda goal: goal, run: str = "first") -> None:
        self.update, self.spoil, self.run = update, spoil, run
        self.goals: list[Goal] = []
        self.outputs: dict[str, dict[str, Any]] = {}
        """What components and the stack registered, by URN."""
        self.calls: list[str] = []
        self._lock = threading.Lock()

    def GetDeploymentInfo(self, request: Any, context: Any = None) -> Any:
        return resource_pb2.DeploymentInfo(supportedFeatures=_FEATURES)

    def SupportsFeature(self, request: Any, context: Any = None) -> Any:
        return resource_pb2.SupportsFeatureResponse(hasSupport=request.id in ("secrets", "resourceReferences"))

    def RegisterResource(self, request: Any, context: Any = None) -> Any:
        goal = self.spoil(goal_of(request))
        with self._lock:
            self.goals.append(goal)
            made = self.update.register(goal)
        if not goal.custom:
            return resource_pb2.RegisterResourceResponse(urn=goal.urn)
        if self.update.preview:
            return resource_pb2.RegisterResourceResponse(urn=goal.urn, object=request.object)
        outputs = struct(dict(made.outputs), secret=goal.secret_outputs)
        return resource_pb2.RegisterResourceResponse(urn=goal.urn, id=made.id, object=outputs)

    def RegisterResourceOutputs(self, request: Any, context: Any = None) -> Any:
        self.outputs[request.urn] = plain(json_format.MessageToDict(request.outputs))
        return empty_pb2.Empty()

    def Invoke(self, request: Any, context: Any = None) -> Any:
        """A registry's token is another one in every run."""
        self.calls.append(request.tok)
        answer = called(request.tok) | {"password": f"password-of-{self.run}"}
        return resource_pb2.ResourceInvokeResponse(**{"return": struct(answer)})

    def SignalAndWaitForShutdown(self, request: Any, context: Any = None) -> Any:
        return empty_pb2.Empty()

    @property
    def exports(self) -> dict[str, Any]:
        """What the stack exports."""
        [stack] = [outputs for urn, outputs in self.outputs.items() if "::pulumi:pulumi:Stack::" in urn]
        return stack
