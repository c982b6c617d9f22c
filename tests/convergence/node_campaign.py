"""Plays histories on a real node behind the fault proxy: many on one index, each with different keys."""

import contextlib
import io
import itertools
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings

from changefeed.create_index import create_index
from lambda_kit.search_client import create_search_client
from lambda_kit.unindexed import UNINDEXED
from local.services.opensearch_node import OpenSearchNode
from tests.changefeed.consumer_rig import Rig
from tests.convergence.campaign import Result
from tests.convergence.drawing import histories
from tests.convergence.fault_proxy import FaultProxy
from tests.convergence.history import History, Restart
from tests.convergence.node_index import NodeIndex
from tests.convergence.world import MakeRig, play
from tests.fakes import FakeClock

AWAY_SECONDS = 40.0
"""Of the history's clock; docs/correctness.md says why not less."""
DEFINITION = Path(__file__).parents[2] / "images" / "sync_dynamodb_stream" / "index.json"


def make_index(url: str, name: str) -> None:
    """An index of the consumers' definition that refuses a map in `odd`, and a map in `poison` in whatever form."""
    definition = json.loads(DEFINITION.read_text())
    definition["mappings"]["properties"] |= {
        "odd": {"type": "text"},
        "poison": {"type": "text"},
        UNINDEXED: {"dynamic": False, "properties": {"poison": {"type": "text"}}},
    }
    create_index(create_search_client(url, "eu-west-1"), index=name, alias=None, definition=definition)


@dataclass(kw_only=True)
class NodeCampaign:
    """Histories on one node. In one of every `restart_every` (0: in none) the node's process is killed in the middle
    and another one started on its data; `restarts` counts these, when they have happened.
    """

    node: OpenSearchNode
    make_rig: MakeRig = lambda feed, **parts: Rig(feed=feed, **parts)
    restart_every: int = 0
    restarts: int = 0
    faults_met: int = 0

    def run(self, *, first_seed: int, count: int) -> Result:
        """Play `count` histories of a seed; the first that fails ends it."""
        played = itertools.count(1)
        number = 0
        failed: Result | None = None
        name = f"torture-{first_seed}-{next(_INDEXES)}"
        make_index(self.node.url, name)
        proxy = FaultProxy(self.node.url)

        @seed(first_seed)
        @settings(
            max_examples=count,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
            print_blob=False,
        )
        @given(histories())
        def check(history: History) -> None:
            nonlocal number, failed
            number = next(played)
            killed = self.is_killed_in(number)
            if killed:
                history = with_a_restart(history)

            def make_rig(feed: str, **parts: Any) -> Rig:
                return self.make_rig(feed, make_index=make_node_index, **parts)

            def make_node_index(clock: FakeClock) -> NodeIndex:
                index = NodeIndex(
                    url=self.node.url, index=name, proxy=proxy, clock=clock, node=self.node if killed else None
                )
                index.on_restart = self._count_restart
                return index

            try:
                play(history, make_rig, prefix=f"{number}-")
            except Exception as error:  # the first one; Hypothesis plays it again, under another number
                said = f"{type(error).__name__}: {str(error).splitlines()[:1]}"
                failed = failed or Result(histories=number, failure=said, history=history)
                raise

        try:
            with contextlib.redirect_stdout(io.StringIO()):
                check()
        except Exception as error:  # whatever goes wrong is a finding
            return failed or Result(histories=number, failure=f"{type(error).__name__}: {str(error).splitlines()[:1]}")
        finally:
            self.faults_met += proxy.met
            proxy.stop()
        return Result(histories=number)

    def is_killed_in(self, number: int) -> bool:
        """True for the histories, counted from 1, in which the process is killed: the same ones whoever plays."""
        return bool(self.restart_every) and number % self.restart_every == self.restart_every // 2

    def _count_restart(self) -> None:
        self.restarts += 1


def with_a_restart(history: History) -> History:
    """The history with a restart in its middle, for longer than images are trusted, unless it has one already."""
    if any(isinstance(step, Restart) for step in history.steps):
        return history
    middle = len(history.steps) // 2
    steps = (*history.steps[:middle], Restart(seconds=AWAY_SECONDS), *history.steps[middle:])
    return replace(history, steps=steps)


_INDEXES = itertools.count()
