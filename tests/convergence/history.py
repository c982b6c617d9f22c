"""What can happen to a table, its feed, its consumer and its index: a world and the steps of its history."""

from dataclasses import dataclass
from typing import Literal

from tests.changefeed.consumer_rig import Order

KEYS = (("a|b", "c"), ("a", "b|c"), ("x", "1"), ("x", "2"))
"""Partition and sort keys. The first two collide where they are joined with `|`."""

Feed = Literal["dynamodb_stream", "kinesis_stream", "kinesis_milliseconds"]
FEEDS: tuple[Feed, ...] = ("dynamodb_stream", "kinesis_stream", "kinesis_milliseconds")
ChangeKind = Literal["put", "delete", "ttl", "odd", "poison", "junk"]
FAULT_NAMES = (
    "none", "lost", "unanswered", "late", "killed", "cut_off", "throttled", "unavailable", "too_large", "closed",
    "forbidden", "item_throttled", "item_closed", "slow",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Change:
    """An item is written or removed after a gap. In Kinesis its record may stand up to `slot` places early, and twice.
        `untimed`: in DynamoDB's own stream the record has no time.

    `odd` is a state that the index takes unindexed only, `poison` one that it refuses, `junk` is no change at all.
    """

    key: int
    kind: ChangeKind
    gap_seconds: float
    slot: int = 0
    twice: bool = False
    untimed: bool = False


@dataclass(frozen=True, kw_only=True)
class Deliver:
    """The mapping takes the next `count` records and invokes up to `invocations` times. One fault a request."""

    count: int
    invocations: int
    faults: "tuple[str | Meanwhile, ...]" = ()
    table_fails: bool = False
    queue_fails: bool = False


@dataclass(frozen=True, kw_only=True)
class Echo:
    """Lambda hands over records again that it handed over before, out of order."""

    back: int
    count: int
    faults: "tuple[str | Meanwhile, ...]" = ()


@dataclass(frozen=True, kw_only=True)
class Redrive:
    """Everything that was parked or given up is tried again."""

    faults: "tuple[str | Meanwhile, ...]" = ()


@dataclass(frozen=True)
class ReadPage:
    """The backfill reads a page: all items."""


@dataclass(frozen=True, kw_only=True)
class WritePage:
    """The backfill writes the page that it read first."""

    faults: "tuple[str | Meanwhile, ...]" = ()


@dataclass(frozen=True, kw_only=True)
class Wait:
    """Time passes."""

    seconds: float


@dataclass(frozen=True)
class Land:
    """What timed out is applied now."""


@dataclass(frozen=True, kw_only=True)
class Restart:
    """The index is away for a while and has forgotten the guards of its deletes, and what was on its way."""

    seconds: float


@dataclass(frozen=True, kw_only=True)
class Leap:
    """Somebody whose clock is wrong writes a document as it is, under a version of ten years hence."""

    key: int


@dataclass(frozen=True)
class Rest:
    """Nothing fails until all is delivered: what is wrong now may be healed by a later change, so it is looked at."""


@dataclass(frozen=True, kw_only=True)
class Meanwhile:
    """These happen while a request is on its way, before it is applied; `end` is the fault that it meets then."""

    steps: tuple[Change | Deliver, ...]
    end: str = "none"


Step = Change | Deliver | Echo | Redrive | ReadPage | WritePage | Wait | Land | Restart | Leap | Rest


@dataclass(frozen=True, kw_only=True)
class History:
    """A world and what happens in it. Skews in seconds: of the consumer's clock, and of the `Date` a backfill sees."""

    feed: Feed
    consumer_skew: float
    longest_lateness: float
    """A request that times out is applied so many seconds after it was sent, or earlier."""
    gc_deletes: float
    """How many seconds the index remembers a delete."""
    date_skew: float
    trust_seconds: float
    batch_size: int
    lead: int | None
    """How many of a batch go in its first part; None: all."""
    order: Order
    retries: int
    index_is_mended: bool
    """How poison heals at the end: the mapping takes it, or else the items are changed."""
    first_number: int
    steps: tuple[Step, ...]
    echoes: tuple[int, ...]
