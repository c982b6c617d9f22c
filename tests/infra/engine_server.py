"""An engine that listens on this machine, for a program that runs in a process of its own."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent import futures
from contextlib import contextmanager
from typing import Any

import grpc  # type: ignore[import-untyped]
from google.protobuf import empty_pb2  # type: ignore[import-untyped]
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, resource_pb2_grpc

from tests.infra.cloud.monitor import Monitor


class _Engine(engine_pb2_grpc.EngineServicer):
    """Takes messages, and knows the root resource. A warning counts as an error."""

    def __init__(self, errors: list[str]) -> None:
        self.errors = errors
        self.root = ""

    def Log(self, request: Any, context: Any) -> Any:
        if request.severity >= engine_pb2.WARNING:
            self.errors.append(request.message)
        return empty_pb2.Empty()

    def GetRootResource(self, request: Any, context: Any) -> Any:
        return engine_pb2.GetRootResourceResponse(urn=self.root)

    def SetRootResource(self, request: Any, context: Any) -> Any:
        self.root = request.urn
        return engine_pb2.SetRootResourceResponse()


@contextmanager
def listening(monitor: Monitor) -> Iterator[str]:
    """Yields the address of the monitor and an engine, on a free port of this machine."""
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=16))
    resource_pb2_grpc.add_ResourceMonitorServicer_to_server(monitor, server)
    engine_pb2_grpc.add_EngineServicer_to_server(_Engine(monitor.update.errors), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(grace=0).wait()
