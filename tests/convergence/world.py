"""A table, its feed, the mapping that delivers it, the sync and its index: plays a history and says what is wrong."""

import json
import random
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from changefeed.backfill.page import Page, PageReader
from changefeed.decode.change_record import MICROSECONDS_PER_SECOND, ChangeRecord
from changefeed.errors import ParkingError, RecordError, SuspectedEnvironmentError
from changefeed.plan.document_id import document_id
from changefeed.second_delete.function import SecondDelete, Target
from changefeed.write.item_reader import ItemReader
from changefeed.write.write_result import Outcome, WriteResult
from local.runners.mapping.batch import DiscardBatch, InvokeBatch
from local.runners.mapping.batch import Wait as LaneWait
from local.runners.mapping.lane import Lane
from local.runners.mapping.response import Failed, PartlyFailed, Succeeded
from local.runners.mapping.response import Outcome as InvokeOutcome
from ops.redrive.untrusted import untrusted
from streams.record import StreamRecord
from tests.changefeed.backfill_rig import ScannedTable
from tests.changefeed.consumer_rig import INDEX, Rig
from tests.changefeed.records import TABLE
from tests.convergence.accounting import Accounting
from tests.convergence.feed import KEY_NAMES, RecordFeed
from tests.convergence.history import (
    KEYS,
    Change,
    Deliver,
    Echo,
    History,
    Land,
    Leap,
    Meanwhile,
    ReadPage,
    Redrive,
    Rest,
    Restart,
    Step,
    Wait,
    WritePage,
)
from tests.fakes import ConsumerKilled, FakeClock, FakeContext, Fault, client_error
from tests.local.mapping_fakes import settings as mapping_settings

EXTRAS: dict[str, Any] = {"poison": {"poison": {"M": {"k": {"S": "x"}}}}, "odd": {"odd": {"M": {"k": {"S": "x"}}}}}
SECOND_DELETE_SECONDS = 900.0
PAGE_SECONDS = 300.0
FORGOTTEN_SECONDS = 4_000.0
TEN_YEARS = 3.0e8
INVOCATIONS_TO_REST = 400

MakeRig = Callable[..., Rig]

FAULTS: dict[str, Fault | None] = {
    "none": None,
    "lost": Fault(lost=True),
    "unanswered": Fault(unanswered=True),
    "late": Fault(late=True),
    "slow": Fault(late=True, until_timeout=True),
    "killed": Fault(killed=True),
    "cut_off": Fault(cut_off=True),
    "throttled": Fault(status=429),
    "unavailable": Fault(status=503, error_type="unavailable_shards_exception"),
    "too_large": Fault(status=413),
    "closed": Fault(status=400, error_type="index_closed_exception"),
    "forbidden": Fault(status=403, error_type="security_exception"),
}


@dataclass(kw_only=True)
class World:
    """Play a history with `run`. `prefix` keeps the keys of histories that share one index apart."""

    history: History
    rig: Rig
    prefix: str = ""
    offered: int = 0
    changes: int = 0
    busy: bool = False
    given_up: list[StreamRecord] = field(default_factory=list)
    parked: list[dict[str, Any]] = field(default_factory=list)
    pages: deque[Page] = field(default_factory=deque)
    resting_places: list[Any] = field(default_factory=list)
    second_deletes: list[tuple[float, dict[str, Any]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.clock = self.rig.clock
        self.rig.index.longest_lateness_seconds = self.history.longest_lateness
        self.rig.index.gc_deletes_seconds = self.history.gc_deletes
        self.delete_again = SecondDelete(
            targets={INDEX: Target(find_versions=self.rig.index.versions, send=self.rig.index)},
            read_items=self.rig.wrap_second_read(ItemReader(table_name=TABLE, client=lambda: self.rig.table)),
            clock=lambda: self.clock.now + self.rig.skew_seconds,
        )
        self.feed = RecordFeed(history=self.history, prefix=self.prefix)
        self.accounting = Accounting(rig=self.rig)
        self.lane = Lane(
            settings=mapping_settings(
                batch_size=self.history.batch_size,
                maximum_retry_attempts=self.history.retries,
                bisect_batch_on_function_error=True,
                report_batch_item_failures=True,
            )
        )

    def run(self) -> None:
        """Play all steps, come to rest, heal and redrive, forget, repeat: the index must equal the table each time."""
        for step in self.history.steps:
            self.take(step)
        self.come_to_rest()
        self.check_resting()
        self.heal()
        self.check_equal()
        self.clock.now += FORGOTTEN_SECONDS
        for start in self.history.echoes:
            self.take(Echo(back=len(self.feed.entries) - start, count=2))
        order = random.Random(len(self.resting_places))
        for rested in order.sample(self.resting_places, len(self.resting_places)):
            self.redrive([rested])
        self.check_equal()

    def take(self, step: Step) -> None:
        """One step."""
        self.send_second_deletes()
        match step:
            case Change():
                self.change(step)
            case Deliver():
                self.deliver(step)
            case Echo():
                start = max(0, self.offered - step.back)
                with_faults = self.feed.records(start, min(start + step.count, self.offered))
                self.set_faults(step.faults)
                if with_faults:
                    self.invoke(with_faults)
            case Redrive():
                self.set_faults(step.faults)
                self.redrive_all()
            case ReadPage():
                self.read_page()
            case WritePage():
                self.set_faults(step.faults)
                self.write_page()
            case Wait():
                self.clock.now += step.seconds
            case Land():
                self.rig.index.land_late_requests()
            case Leap(key=key):
                self.rig.index.leap(document_id(self.feed.key(key)), int((self.clock.now + TEN_YEARS) * 1_000_000))
            case Restart():
                self.rig.index.restart()
                self.clock.now += step.seconds
            case Rest():
                self.come_to_rest()
                self.check_resting()

    def change(self, step: Change) -> None:
        """The table changes, and its feed gets the record."""
        # DynamoDB's microseconds separate two changes of an item; its milliseconds and seconds need not.
        self.clock.now += step.gap_seconds + 0.000_01
        self.changes += 1
        image = self.feed.key(step.key)
        if step.kind in ("put", "poison", "odd"):
            image = {**image, "n": {"N": str(self.changes)}, **EXTRAS.get(step.kind, {})}
            self.rig.table.put(image)
        elif step.kind != "junk":
            self.rig.table.delete(image)
        if step.kind != "junk":
            self.accounting.item_changed(document_id(self.feed.key(step.key)), step.kind == "poison")
        self.feed.add(step, image if step.kind in ("put", "poison", "odd") else None, self.clock.now, self.offered)

    def deliver(self, step: Deliver) -> None:
        """The mapping reads on, and invokes as its rules say."""
        self.set_faults(step.faults)
        if step.table_fails:
            self.rig.table.failures.append(client_error("InternalServerError"))
        if step.queue_fails:
            self.rig.queue.failures.append(client_error("x", "SendMessage"))
            self.rig.deletes.failures.append(client_error("x", "SendMessage"))
        start, self.offered = self.offered, min(self.offered + step.count, len(self.feed.entries))
        self.lane.offer(self.feed.records(start, self.offered), self.clock.now)
        for _ in range(step.invocations):
            if not self.lane.pending:
                break
            self.turn()

    def turn(self) -> None:
        """One action of the mapping's lane."""
        match self.lane.next_action(self.clock.now, flush=True):
            case InvokeBatch(batch=batch):
                self.busy = True
                outcome = self.invoke(batch.records)
                self.busy = False
                self.lane.invoked(outcome, self.clock.now)
            case DiscardBatch():
                gone = self.lane.discarded()
                self.given_up += gone
                self.resting_places += gone
            case LaneWait(until_seconds=until) if until is not None:
                self.clock.now = max(self.clock.now, until)

    def invoke(self, records: Sequence[StreamRecord]) -> InvokeOutcome:
        """The function with these records, judged as the mapping judges it."""
        raw = [record.event_record for record in records]
        since, before = self.clock.now, len(self.rig.queue.messages)
        try:
            reported = self.rig.invoke(raw)
        except (SuspectedEnvironmentError, ParkingError, ConsumerKilled) as error:
            self.collect_parked(before)
            if isinstance(error, SuspectedEnvironmentError):
                assert len(self.rig.queue.messages) == before, "nothing is parked when the index is blamed"
            return Failed()
        parked = self.collect_parked(before)
        self.accounting.check_invocation(raw, reported, parked, since)
        if not reported:
            return Succeeded()
        numbers = [record.sequence_number for record in records]
        return PartlyFailed(first_failed=numbers.index(reported[0]))

    def collect_parked(self, before: int) -> list[dict[str, Any]]:
        """Collects what was parked since; a nested delivery counts its own messages."""
        new = [message for message in self.rig.queue.messages[before:] if "seen" not in message]
        for message in new:
            message["seen"] = True
        self.parked += new
        self.resting_places += new
        return new

    def redrive_all(self) -> None:
        """Tries everything again that waits; only what is settled leaves its place."""
        self.parked = [message for message in self.parked if not self.redrive([message])]
        self.given_up = [record for record in self.given_up if not self.redrive([record])]

    def redrive(self, rested: Sequence[Any]) -> bool:
        """One round for these records: as untrusted ones, through the same plan and writer. True: all are settled."""
        changes = []
        for one in rested:
            raw = one.event_record if isinstance(one, StreamRecord) else one["record"]
            try:
                changes.append(self.rig.pipeline.decode(raw))
            except RecordError:
                return isinstance(one, StreamRecord)  # junk that was given up: there is nothing to read again
        trusted = self.rig.redrive_trusts_images
        if not trusted:
            changes = [untrusted(change) for change in changes]
        results = self.write(changes, 1e9 if trusted else 0.0)
        return all(result.outcome in (Outcome.WRITTEN, Outcome.SUPERSEDED) for result in results)

    def read_page(self) -> None:
        """All items, in one page."""
        read = PageReader(
            table_name=TABLE,
            client=self.rig.table,
            clock=lambda: self.clock.now + self.rig.skew_seconds,
            margin_microseconds=int(self.rig.backfill_margin_seconds * MICROSECONDS_PER_SECOND),
        )
        self.pages.append(read(segment=0, total_segments=1, start_key=None, limit=100))

    def write_page(self) -> None:
        """The page that was read first, by the handlers' own plan and writer."""
        if self.pages:
            self.write(self.pages.popleft().changes, self.history.trust_seconds, PAGE_SECONDS)

    def write(
        self, changes: Sequence[ChangeRecord], trust_seconds: float, seconds: float = 60.0
    ) -> Sequence[WriteResult]:
        """Plan and write outside the feed; a killed command leaves everything where it was."""
        actions, _ = self.rig.plan(changes)
        deadline = self.clock.now + seconds
        try:
            return self.rig.writer_with(trust_seconds)(actions, lambda: deadline - self.clock.now)
        except ConsumerKilled:
            return [WriteResult(action, Outcome.RETRYABLE) for action in actions]

    def set_faults(self, names: Sequence[Any]) -> None:
        """The next requests meet these."""
        self.rig.index.faults = deque(self.fault(name) for name in names)

    def fault(self, name: Any) -> Fault | None:
        """A fault by name; items that fail alone are those of the first key."""
        if isinstance(name, Meanwhile):
            return replace(FAULTS[name.end] or Fault(), meanwhile=lambda: self.nested(name.steps))
        if name in ("item_throttled", "item_closed"):
            ids = frozenset({document_id(self.feed.key(0))})
            if name == "item_throttled":
                return Fault(status=429, ids=ids)
            return Fault(status=400, ids=ids, error_type="index_closed_exception")
        return FAULTS[name]

    def nested(self, steps: Sequence[Change | Deliver]) -> None:
        """Steps while a request is on its way: a mapping that is busy does not invoke, and no fault meets them."""
        faults, self.rig.index.faults = self.rig.index.faults, deque()
        for step in steps:
            if isinstance(step, Change):
                self.change(step)
            elif not self.busy:
                self.deliver(step)
        self.rig.index.faults = faults

    def come_to_rest(self) -> None:
        """Nothing fails any more, and all is delivered."""
        self.set_faults(())
        self.rig.table.failures.clear()
        self.rig.queue.failures.clear()
        self.rig.deletes.failures.clear()
        self.deliver(Deliver(count=len(self.feed.entries), invocations=0))
        for _ in range(INVOCATIONS_TO_REST):
            if not self.lane.pending:
                break
            self.turn()
        assert not self.lane.pending, "the feed is delivered when nothing fails any more"
        while self.pages:
            self.write_page()
        self.rig.index.land_late_requests()
        self.check_returned()
        while self.send_second_deletes():
            self.clock.now = min(due for due, _ in self.second_deletes)

    def send_second_deletes(self) -> bool:
        """Sends what is due; SQS hands over again what failed. True while others wait."""
        new, self.rig.deletes.messages = self.rig.deletes.messages, []
        self.second_deletes += [(self.clock.now + SECOND_DELETE_SECONDS, message) for message in new]
        due = [one for one in self.second_deletes if one[0] <= self.clock.now]
        self.second_deletes = [one for one in self.second_deletes if one[0] > self.clock.now]
        for _, message in due:
            event = {"Records": [{"messageId": "1", "body": json.dumps(message)}]}
            try:
                failed = self.delete_again(event, FakeContext(clock=self.clock))["batchItemFailures"]
            except ConsumerKilled:
                failed = [{"itemIdentifier": "1"}]
            if failed:
                self.second_deletes.append((self.clock.now + 60.0, message))
        return bool(self.second_deletes)

    def check_returned(self) -> None:
        """Checks that only second deletes are missing: an item came back, and no request since could have seen it."""
        returned = self.rig.index.returned
        if returned is None or any(isinstance(step, Restart) for step in self.history.steps):
            return  # a guard that was forgotten at once lets images return that are still trusted
        table, index = self.table(), self.rig.index.sources(self.ids())
        back = {key for key in index if key not in table and key in self.ids()}
        given_up = {document_id(self.feed.key(int(record.lane_key))) for record in self.given_up}
        assert back <= returned | given_up, "a state that is read again beats what was sent before"

    def check_resting(self) -> None:
        """Checks that a document differs from its item only if the item waits: refused and parked, or given up."""
        table, index = self.table(), self.rig.index.sources(self.ids())
        given_up = {record.lane_key for record in self.given_up}
        parked = {document_id(message["keys"]) for message in self.parked if message["keys"]}
        for number in range(len(KEYS)):
            key = document_id(self.feed.key(number))
            if index.get(key) == table.get(key) or str(number) in given_up:
                continue
            poisoned = "poison" in (table.get(key) or {})
            assert poisoned, "the index holds what the table holds"
            assert key in parked, "what the index refuses is parked"
        assert self.history.retries >= 0 or not self.given_up, "a mapping without a limit gives nothing up"

    def heal(self) -> None:
        """Repairs what refused the poison, and redrives until only junk is left."""
        if self.history.index_is_mended and self.rig.index.can_be_mended:
            self.rig.index.is_poison = lambda _: False
        else:
            for number in range(len(KEYS)):
                if "poison" in (self.table().get(document_id(self.feed.key(number))) or {}):
                    self.change(Change(key=number, kind="put", gap_seconds=1.0))
            self.come_to_rest()
        for _ in range(3):
            self.redrive_all()
        left = [message["reason"]["code"] for message in self.parked if message["keys"]]
        assert not left, f"what was parked can be redriven: {left}"
        assert not self.given_up, "what was given up can be redriven"

    def check_equal(self) -> None:
        """The promise."""
        assert self.rig.index.sources(self.ids()) == self.table(), "the index holds what the table holds"

    def table(self) -> dict[str, Any]:
        """The items as documents, numbers as texts, by document id."""
        return {
            document_id({name: image[name] for name in KEY_NAMES}): {
                name: ({"k": "x"} if "M" in value else next(iter(value.values()))) for name, value in image.items()
            }
            for image in self.rig.table.items.values()
        }

    def ids(self) -> list[str]:
        """The document ids that this history can touch."""
        return [document_id(self.feed.key(number)) for number in range(len(KEYS))]


def play(history: History, make_rig: MakeRig, prefix: str = "") -> None:
    """Play one history on a fresh rig."""
    clock = FakeClock()
    rig = make_rig(
        "dynamodb_stream" if history.feed == "dynamodb_stream" else "kinesis_stream",
        clock=clock,
        table=ScannedTable(clock=clock, key_schema={"pk": "S", "sk": "S"}, date_skew_seconds=history.date_skew),
        skew_seconds=history.consumer_skew,
        trust_seconds=history.trust_seconds,
        lead=history.lead,
        order=history.order,
    )
    World(history=history, rig=rig, prefix=prefix).run()
