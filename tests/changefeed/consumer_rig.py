"""A consumer on fakes: the real pipeline between a model index, a table, a queue and a clock."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

from changefeed.batch_part import Decode, Plan
from changefeed.decode.dynamodb_record import decode_dynamodb_record
from changefeed.decode.kinesis_record import decode_kinesis_record
from changefeed.parking import Parking
from changefeed.pipeline import Pipeline
from changefeed.plan.fold import plan
from changefeed.second_delete.again import Delete, DeleteAgain
from changefeed.write.bulk_pace import BulkPace
from changefeed.write.bulk_post import Answer, PostBulk, SendBulk, posting
from changefeed.write.bulk_writer import BulkWriter, ReadItems
from changefeed.write.item_reader import ItemReader
from tests.changefeed.records import TABLE
from tests.fakes import FakeClock, FakeContext, FakeQueue, FakeTable, ModelIndex

DECODERS: dict[str, Decode] = {
    "dynamodb_stream": partial(decode_dynamodb_record, table_name=TABLE),
    "kinesis_stream": partial(decode_kinesis_record, table_name=TABLE),
}


INDEX = "lab-table-index"

DeleteLater = Callable[[Sequence[Delete]], None]

Order = Literal["as sent", "when asked", "last first"]
"""In which requests that are in flight together are applied."""


def _when_asked(send: SendBulk) -> PostBulk:
    """Nothing is applied before somebody waits for its answer: then only what he waits for."""
    return lambda body, timeout: lambda _: send(body, timeout)


def _last_first(send: SendBulk) -> PostBulk:
    """When somebody waits for an answer, all that is in flight is applied, the last sent first."""
    held: list[tuple[bytes, float]] = []
    answers: dict[int, Answer] = {}

    def post(body: bytes, timeout: float) -> Answer:
        request = (body, timeout)
        held.append(request)

        def answer(seconds: float) -> tuple[int, bytes]:
            while held:
                late = held.pop()
                answers[id(late)] = posting(send)(*late)
            return answers.pop(id(request))(seconds)

        return answer

    return post


ORDERS: Mapping[Order, Callable[[SendBulk], PostBulk]] = {
    "as sent": posting,
    "when asked": _when_asked,
    "last first": _last_first,
}


@dataclass(slots=True)
class FixedLead(BulkPace):
    """Has so many go first, whatever it learns."""

    first: int = 1

    def lead(self, changes: int) -> int:
        return min(changes, self.first)


@dataclass(kw_only=True)
class Rig:
    """Every part can be replaced; what isn't is as in production."""

    feed: str = "dynamodb_stream"
    clock: FakeClock = field(default_factory=FakeClock)
    table: FakeTable = field(default_factory=FakeTable)
    queue: FakeQueue = field(default_factory=FakeQueue)
    deletes: FakeQueue = field(default_factory=FakeQueue)
    """Where deletes wait to be sent again."""
    trust_seconds: float = 30.0
    max_bulk_actions: int = 1_000
    order: Order = "as sent"
    lead: int | None = None
    """How many of a batch go in its first part; None: as many as the pace says, which is all of a small one."""
    skew_seconds: float = 0.0
    """How far the function's clock is ahead of DynamoDB's."""
    decode: Decode | None = None
    plan: Plan = plan
    wrap_send: Callable[[SendBulk], SendBulk] = lambda send: send
    wrap_read: Callable[[ReadItems], ReadItems] = lambda read: read
    wrap_second_read: Callable[[ReadItems], ReadItems] = lambda read: read
    wrap_deletes: Callable[[DeleteLater], DeleteLater] = lambda delete_again: delete_again
    make_writer: Callable[..., BulkWriter] = BulkWriter
    make_pipeline: Callable[..., Pipeline] = Pipeline
    make_index: Callable[[FakeClock], Any] = lambda clock: ModelIndex(clock=clock)
    backfill_margin_seconds: float = 60.0
    redrive_trusts_images: bool = False

    def __post_init__(self) -> None:
        self.index = self.make_index(self.clock)
        self.writer = self.writer_with(self.trust_seconds)
        self.pipeline = self.make_pipeline(
            decode=self.decode or DECODERS[self.feed],
            plan=self.plan,
            write=self.writer,
            fold_whole=self.feed == "dynamodb_stream",
            park=Parking(queue_url="https://queue", index=INDEX, client=lambda: self.queue),
            delete_again=self.wrap_deletes(
                DeleteAgain(queue_url="https://deletes", index=INDEX, client=lambda: self.deletes)
            ),
        )

    def writer_with(self, trust_seconds: float) -> BulkWriter:
        """The writer that handlers, backfill and redrive share, but for how long they trust what they hold."""
        return self.make_writer(
            post=ORDERS[self.order](self.wrap_send(self.index)),
            read_items=self.wrap_read(ItemReader(table_name=TABLE, client=lambda: self.table)),
            trust_seconds=trust_seconds,
            max_bulk_actions=self.max_bulk_actions,
            clock=lambda: self.clock.now + self.skew_seconds,
            sleep=self.clock.sleep,
            jitter=lambda: 0.5,
            pace=BulkPace() if self.lead is None else FixedLead(first=self.lead),
        )

    def invoke(self, records: Sequence[Any], *, seconds: float = 60.0) -> list[str]:
        """Hand over a batch; gives the reported sequence numbers."""
        context = FakeContext(clock=self.clock, seconds=seconds)
        response = self.pipeline({"Records": list(records)}, context)
        return [failure["itemIdentifier"] for failure in response["batchItemFailures"]]
