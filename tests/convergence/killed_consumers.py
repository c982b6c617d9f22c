"""Batches of a consumer that is a process and is killed (SIGKILL) while its bulk request is on its way.

The fault proxy holds the answer: the request has been applied, has not been, or will be later, and the consumer ends
there. Lambda hands the same batch, or the first half of it, to another process. From a seed the same changes, batches
and ends follow; the time is the real one, so which changes share a second is not fixed by it.
"""

import random
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any

from changefeed.plan.document_id import document_id
from tests.changefeed.records import TABLE, item, stream_record
from tests.convergence.campaign import Result
from tests.convergence.consumer_process import ConsumerProcess
from tests.convergence.fault_proxy import FaultProxy
from tests.convergence.node_campaign import make_index
from tests.convergence.node_index import NodeIndex
from tests.convergence.table_server import served
from tests.fakes import FakeClock, FakeTable, Fault

HANDLER = "sync_dynamodb_stream.handler"
KEYS = tuple("abcdefghijkl")
OFTEN_CHANGED = 3
HELD_SECONDS = 25.0
ENDS: Mapping[str, tuple[Fault, ...]] = {
    "applied": (Fault(killed=True),),
    "not applied": (Fault(killed=True, lost=True),),
    "applied later": (Fault(killed=True, late=True),),
    "a retry applied": (Fault(status=429), Fault(killed=True)),
    "a retry after a lost answer": (Fault(unanswered=True), Fault(killed=True)),
}
"""The requests' faults in the invocation that is killed; the last one is where it ends. A 429 meets the first item."""


@dataclass(kw_only=True)
class KilledConsumers:
    """Rounds on one index of a node; `killed` counts the processes that ended, by where. With `redelivers` False a
    killed invocation counts as a success, which must be found out.
    """

    url: str
    redelivers: bool = True
    killed: dict[str, int] = field(default_factory=dict)

    def run(self, *, seed: int, rounds: int) -> Result:
        """Play rounds of a seed; `histories` of the result counts them."""
        name = f"killed-{seed}-{time.monotonic_ns()}"
        make_index(self.url, name)
        with ExitStack() as stack:
            proxy = FaultProxy(self.url)
            stack.callback(proxy.stop)
            table = FakeTable()
            environment = {
                "OPENSEARCH_ENDPOINT": proxy.url,
                "OPENSEARCH_INDEX": name,
                "TABLE_NAME": TABLE,
                "PARKING_QUEUE_URL": "http://127.0.0.1:9/queue",
                "SECOND_DELETE_QUEUE_URL": "http://127.0.0.1:9/deletes",
                "AWS_REGION": "eu-west-1",
                "AWS_DEFAULT_REGION": "eu-west-1",
                "AWS_ACCESS_KEY_ID": "test",
                "AWS_SECRET_ACCESS_KEY": "test",
                "AWS_ENDPOINT_URL": stack.enter_context(served(table)),
            }
            rounds_of = _Rounds(campaign=self, proxy=proxy, table=table, environment=environment, seed=seed)
            stack.callback(rounds_of.close)
            try:
                for _ in range(rounds):
                    rounds_of.play()
                rounds_of.come_to_rest()
                index = NodeIndex(url=self.url, index=name, proxy=proxy, clock=FakeClock())
                found = index.sources([document_id({"id": {"S": key}}) for key in KEYS])
                wanted = {
                    image["id"]["S"]: {key: next(iter(value.values())) for key, value in image.items()}
                    for image in table.items.values()
                }
                assert found == wanted, "the index holds what the table holds"
            except AssertionError as error:
                return Result(histories=rounds_of.played, failure=f"AssertionError: {str(error).splitlines()[:1]}")
        return Result(histories=rounds)


class _Rounds:
    """The table, its stream, and the mapping's place in it."""

    def __init__(
        self, *, campaign: KilledConsumers, proxy: FaultProxy, table: FakeTable, environment: dict[str, str], seed: int
    ) -> None:
        self._campaign = campaign
        self._proxy = proxy
        self._table = table
        self._environment = environment
        self._chance = random.Random(seed)
        self._records: list[dict[str, Any]] = []
        self._place = 0
        self._again = 0
        self._ends: list[str] = []
        self.played = 0
        self._consumer = self._start()

    def play(self) -> None:
        """Some changes, and an invocation, which most of the time ends by a kill."""
        self.played += 1
        self._change()
        if self._chance.random() < 0.2:
            self._proxy.land_late_requests()
        size = self._again or self._chance.randint(1, 8)
        batch = self._records[self._place : self._place + size]
        if not self._ends:
            self._ends = self._chance.sample(["answered", *ENDS], len(ENDS) + 1)
        end = self._ends.pop()
        if end == "answered":
            self._settle(batch, self._invoke(batch))
            return
        self._kill_in(batch, end)
        self._campaign.killed[end] = self._campaign.killed.get(end, 0) + 1
        self._again = self._chance.choice([len(batch), (len(batch) + 1) // 2])
        if not self._campaign.redelivers:
            self._settle(batch, [])

    def come_to_rest(self) -> None:
        """Nothing fails any more: all is delivered, and what was late has landed."""
        while self._place < len(self._records):
            batch = self._records[self._place : self._place + 10]
            self._settle(batch, self._invoke(batch))
        self._proxy.land_late_requests()

    def close(self) -> None:
        """End the process."""
        self._consumer.close()

    def _start(self) -> ConsumerProcess:
        return ConsumerProcess(HANDLER, self._environment)

    def _change(self) -> None:
        for _ in range(self._chance.randint(1, 4)):
            keys = self._chance.choice([KEYS, KEYS[:OFTEN_CHANGED]])
            image = item(self._chance.choice(keys), n={"N": str(len(self._records))})
            deleted = self._chance.random() < 0.3
            if deleted:
                self._table.delete(image)
            else:
                self._table.put(image)
            operation = "REMOVE" if deleted else "MODIFY"
            number = len(self._records) + 7  # so that the order as text is another one
            self._records.append(stream_record(image, number=number, seconds=time.time(), operation=operation))

    def _invoke(self, batch: list[dict[str, Any]]) -> list[str]:
        self._proxy.faults.clear()
        if not batch:
            return []
        self._consumer.send(batch)
        return self._consumer.answer()

    def _kill_in(self, batch: list[dict[str, Any]], end: str) -> None:
        assert batch, "every round has changes"
        self._proxy.held.clear()
        self._proxy.faults.clear()
        first = frozenset({batch[0]["dynamodb"]["Keys"]["id"]["S"]})
        self._proxy.faults.extend(replace(fault, ids=first) if fault.status else fault for fault in ENDS[end])
        self._consumer.send(batch)
        assert self._proxy.held.wait(HELD_SECONDS), f"the request that is held comes ({end})"
        self._consumer.kill()
        self._consumer = self._start()

    def _settle(self, batch: list[dict[str, Any]], reported: list[str]) -> None:
        numbers = [record["dynamodb"]["SequenceNumber"] for record in batch]
        self._place += numbers.index(reported[0]) if reported else len(batch)
        self._again = 0
