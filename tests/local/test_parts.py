"""What runs outside the embedded AWS: a creator is all that a new kind of runner needs."""

import threading
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pulumi.runtime.mocks import MockResourceArgs

from local.commands.status import part_lines
from local.errors import LocalStackError
from local.layout import Layout
from local.program.engine import EmbeddedCloud
from local.program.resources import CREATORS, creators_of
from local.program.resources.creation import Cloud, Created, Inputs, declared_only
from local.runners.counters import Counters, RunnerStatus
from local.runners.part import Part, parts_status, start_parts, stop_parts
from local.running import running_parts
from local.state import write_json


@dataclass(frozen=True, kw_only=True)
class RingStatus(RunnerStatus):
    rings: int = 0
    misses: int = 0


@dataclass(kw_only=True)
class Bell:
    """A made-up runner. `history` is shared, so that the order of several shows."""

    name: str
    history: list[str]
    counters: Counters[RingStatus] = field(default_factory=lambda: Counters(RingStatus()))

    def start(self) -> None:
        self.history.append(f"start {self.name}")
        self.counters.add(rings=1)

    def stop(self) -> bool:
        self.history.append(f"stop {self.name}")
        return True

    def status(self) -> RingStatus:
        return self.counters.status()


def make_cloud(**fields: Any) -> Cloud:
    return Cloud(
        aws_endpoint_url="http://127.0.0.1:9", opensearch_url="", region="us-east-1", root=Path(), **fields
    )  # fmt: skip


def declare(cloud: Cloud, creators: dict[str, Any], name: str) -> None:
    args = MockResourceArgs(typ="made:up:Bell", name=name, inputs={}, provider="", resource_id="", custom=True)
    EmbeddedCloud(cloud, creators).new_resource(args)


def test_a_new_kind_is_a_creator_and_is_started_shown_and_stopped_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DRIFTLESS_LOCAL_DIRECTORY", str(tmp_path))
    history: list[str] = []

    def part(cloud: Cloud, name: str) -> Part:
        tower = cloud.shared_part(
            "tower", "T", lambda: Part(kind="tower", name="T", runner=Bell(name="T", history=history))
        )
        return Part(kind="bell", name=name, runner=Bell(name=name, history=history), hands_over_to=(tower,))

    def creator(cloud: Cloud, name: str, _inputs: Inputs) -> Created:
        cloud.add_part(lambda: part(cloud, name))
        return name, {}

    cloud = make_cloud()
    for name in ("a", "b"):
        declare(cloud, {**CREATORS, "made:up:Bell": creator}, name)
    assert history == [], "nothing runs before everything is deployed"
    parts = cloud.make_parts()
    start_parts(parts)
    assert history == ["start T", "start a", "start b"]

    write_json(Layout().status_file, parts_status(parts))
    counters = {"rings": 1, "misses": 0}
    assert running_parts() == {"tower": {"T": counters}, "bell": {"a": counters, "b": counters}}
    assert list(part_lines(running_parts())) == ["bell a: rings 1", "bell b: rings 1", "tower T: rings 1"]

    stop_parts(parts)
    assert set(history[3:5]) == {"stop a", "stop b"}
    assert history[5:] == ["stop T"], "it stops after those that hand over to it"


def test_parts_that_do_not_wait_for_each_other_stop_together() -> None:
    barrier = threading.Barrier(2)

    class Patient(Bell):
        def stop(self) -> bool:
            barrier.wait(5)  # raises when the other one is stopped only afterwards
            return True

    stop_parts(Part(kind="bell", name=name, runner=Patient(name=name, history=[])) for name in "ab")


def test_a_part_without_counts_says_so() -> None:
    lines = part_lines({"mapping": {"m": {"records_read": 0, "iterator_age_ms": 0.0, "checkpoints": {"s": "1"}}}})
    assert list(lines) == ["mapping m: nothing yet"]


def test_two_parts_of_one_name_are_an_error_because_one_would_hide_the_other() -> None:
    cloud = make_cloud()
    for _ in range(2):
        cloud.add_part(lambda: Part(kind="bell", name="a", runner=Bell(name="a", history=[])))
    with pytest.raises(LocalStackError, match="Two parts of the local stack are called bell a"):
        cloud.make_parts()


def test_a_mapping_is_called_as_the_exports_call_it_else_after_its_function() -> None:
    lambda_client = SimpleNamespace(get_function_configuration=lambda **_: {"Role": "arn:role", "Timeout": 3})
    cloud = make_cloud(clients={"lambda": lambda_client})
    for function in ("sync", "relay"):
        inputs: dict[str, Any] = {
            "functionName": function, "eventSourceArn": "arn:aws:dynamodb:us-east-1:0:table/t/stream/s",
            "startingPosition": "LATEST", "batchSize": 1, "maximumBatchingWindowInSeconds": 0,
            "maximumRetryAttempts": 1, "maximumRecordAgeInSeconds": 60, "bisectBatchOnFunctionError": True,
            "parallelizationFactor": 1, "functionResponseTypes": [],
        }  # fmt: skip
        uuid, _ = CREATORS["aws:lambda/eventSourceMapping:EventSourceMapping"](cloud, "mapping", inputs)
        if function == "sync":
            cloud.exports["event_source_mappings"] = {"the_consumer": uuid}
    parts = cloud.make_parts()
    assert [(part.kind, part.name) for part in parts] == [("mapping", "the_consumer"), ("mapping", "relay")]


def test_a_type_with_two_creators_is_an_error_that_names_the_second_file() -> None:
    first = SimpleNamespace(__name__="first", CREATORS={"aws:x:X": declared_only})
    second = SimpleNamespace(__name__="second", CREATORS={"aws:x:X": declared_only})
    assert creators_of([first, SimpleNamespace(__name__="none")]) == first.CREATORS
    with pytest.raises(RuntimeError, match="aws:x:X has two creators; the second one is in second"):
        creators_of([first, second])
