"""An engine for one run: answers the language runtime over gRPC as Pulumi's does, with the fake cloud behind it.

No state, no diff, no provider: it checks what a provider-independent engine checks, which is the order of things.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent import futures
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc  # type: ignore[import-untyped]
from google.protobuf import empty_pb2, json_format, struct_pb2  # type: ignore[import-untyped]
from pulumi.runtime.proto import (
    engine_pb2,
    engine_pb2_grpc,
    resource_pb2,
    resource_pb2_grpc,
)

from tests.infra.cloud_answers import called, created

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_FEATURES = (
    resource_pb2.RESOURCE_MONITOR_FEATURE_SECRETS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_RESOURCE_REFERENCES,
    resource_pb2.RESOURCE_MONITOR_FEATURE_OUTPUT_VALUES,
    resource_pb2.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_DELETED_WITH,
)


@dataclass(kw_only=True)
class EngineRun:
    """What one run of the program asked of the engine."""

    dry_run: bool
    urns: list[str] = field(default_factory=list)
    inputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    outputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


class _Monitor(resource_pb2_grpc.ResourceMonitorServicer):
    def __init__(self, run: EngineRun) -> None:
        self.run = run

    def GetDeploymentInfo(self, request: Any, context: Any) -> Any:
        return resource_pb2.DeploymentInfo(supportedFeatures=_FEATURES)

    def SupportsFeature(self, request: Any, context: Any) -> Any:
        return resource_pb2.SupportsFeatureResponse(hasSupport=request.id in ("secrets", "resourceReferences"))

    def RegisterResource(self, request: Any, context: Any) -> Any:
        inputs = _plain(json_format.MessageToDict(request.object))
        urn = f"urn:pulumi:test::driftless::{_types(request)}::{request.name}"
        with self.run.lock:
            self._check_order(request)
            self.run.urns.append(urn)
            self.run.inputs[urn] = inputs
        if not request.custom:
            return resource_pb2.RegisterResourceResponse(urn=urn)
        if self.run.dry_run:
            # Before anything exists, a provider knows no more than its inputs.
            return resource_pb2.RegisterResourceResponse(urn=urn, object=request.object)
        identity, outputs = created(request.type, request.name, inputs)
        return resource_pb2.RegisterResourceResponse(urn=urn, id=identity, object=_struct(outputs))

    def _check_order(self, request: Any) -> None:
        if len(self.run.urns) != len(set(self.run.urns)):
            self.run.errors.append(f"{request.name} is registered twice")
        needed = [*request.dependencies, *([request.parent] if request.parent else [])]
        if request.provider:
            needed.append(request.provider.rsplit("::", 1)[0])
        self.run.errors += [f"{request.name} came before {urn}" for urn in needed if urn not in self.run.urns]

    def RegisterResourceOutputs(self, request: Any, context: Any) -> Any:
        self.run.outputs[request.urn] = _plain(json_format.MessageToDict(request.outputs))
        return empty_pb2.Empty()

    def Invoke(self, request: Any, context: Any) -> Any:
        self.run.calls.append(request.tok)
        return resource_pb2.ResourceInvokeResponse(**{"return": _struct(called(request.tok))})

    def SignalAndWaitForShutdown(self, request: Any, context: Any) -> Any:
        return empty_pb2.Empty()


class _Engine(engine_pb2_grpc.EngineServicer):
    def __init__(self, run: EngineRun) -> None:
        self.run = run
        self.root = ""

    def Log(self, request: Any, context: Any) -> Any:
        if request.severity >= engine_pb2.WARNING:
            self.run.errors.append(request.message)
        return empty_pb2.Empty()

    def GetRootResource(self, request: Any, context: Any) -> Any:
        return engine_pb2.GetRootResourceResponse(urn=self.root)

    def SetRootResource(self, request: Any, context: Any) -> Any:
        self.root = request.urn
        return engine_pb2.SetRootResourceResponse()


@contextmanager
def engine(*, dry_run: bool) -> Iterator[tuple[EngineRun, str]]:
    """A listening engine and its address, on a free port of this machine."""
    run = EngineRun(dry_run=dry_run)
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=16))
    resource_pb2_grpc.add_ResourceMonitorServicer_to_server(_Monitor(run), server)
    engine_pb2_grpc.add_EngineServicer_to_server(_Engine(run), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield run, f"127.0.0.1:{port}"
    finally:
        server.stop(grace=0).wait()


def _types(request: Any) -> str:
    if not request.parent:
        return str(request.type)
    return f"{request.parent.split('::')[2].split('$')[-1]}${request.type}"


def _struct(values: dict[str, Any]) -> struct_pb2.Struct:
    struct = struct_pb2.Struct()
    json_format.ParseDict(values, struct)
    return struct


def _plain(value: Any) -> Any:
    """Without the wrappers that secrets and outputs have on the wire; what is unknown stays marked."""
    if isinstance(value, dict):
        if _SIGNATURE in value:
            return _plain(value.get("value", UNKNOWN))
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value
