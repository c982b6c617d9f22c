"""Draws random histories: single steps, and between them stories in which the rules are known to matter.

Uniformly random steps alone almost never delete an item, wait until its guard is forgotten and then bring back the
right record; a story does, with its parts left to chance and with whatever else happens around it.
"""

import itertools
from dataclasses import replace

from hypothesis import strategies as st

from tests.changefeed.consumer_rig import ORDERS
from tests.convergence.history import (
    FAULT_NAMES,
    FEEDS,
    Change,
    ChangeKind,
    Deliver,
    Echo,
    Feed,
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

LATEST_SECONDS = 840.0
"""How late a request may be: docs/correctness.md says so. Beyond every guard but the second delete."""

Steps = tuple[Step, ...]
Faults = tuple[str | Meanwhile, ...]

keys = st.sampled_from([0, 0, 0, 1, 1, 2, 3])
gaps = st.sampled_from([0.0, 0.0, 0.0, 0.3, 1.0, 2.0])
seldom = st.sampled_from([False, False, False, True])
skews = st.sampled_from([0.0, -3.0, 3.0])
changes = st.builds(
    Change,
    key=keys,
    kind=st.sampled_from(["put", "put", "put", "put", "odd", "delete", "delete", "ttl", "poison", "junk"]),
    gap_seconds=gaps,
    slot=st.sampled_from([0, 0, 0, 1, 3]),
    twice=seldom,
    untimed=seldom,
)
meanwhile = st.builds(
    Meanwhile,
    steps=st.tuples(changes) | st.tuples(changes, st.builds(Deliver, count=st.integers(1, 3), invocations=st.just(1))),
)
named_faults = st.sampled_from([*FAULT_NAMES, "late", "late", "late", "slow", "killed", "none"])
faults: st.SearchStrategy[Faults] = st.lists(st.one_of(named_faults, named_faults, meanwhile), max_size=3).map(tuple)
deliveries = st.builds(
    Deliver,
    count=st.sampled_from([1, 1, 2, 3, 6]),
    invocations=st.sampled_from([1, 1, 2, 6]),
    faults=st.just(()) | faults,
    table_fails=seldom,
    queue_fails=seldom,
)
one_delivery = st.builds(
    Deliver, count=st.just(1), invocations=st.just(1), faults=st.sampled_from([(), (), ("late",), ("killed",)])
)
endings = st.sampled_from([(), (Rest(),)])
stuck: st.SearchStrategy[Faults] = st.integers(3, 30).map(lambda requests: ("throttled",) * requests)
"""Long enough to use up an invocation's 60 seconds, or nearly."""

waits = st.sampled_from([1.0, 7.0, 25.0, 61.0, 100.0, 4_000.0]).map(lambda seconds: Wait(seconds=seconds))
long_waits = st.sampled_from([61.0, 100.0, 4_000.0]).map(lambda seconds: Wait(seconds=seconds))


@st.composite
def of_one_key(draw: st.DrawFn, *kinds: ChangeKind) -> list[Change]:
    """Changes of one item, at random gaps."""
    key = draw(keys)
    return [Change(key=key, kind=kind, gap_seconds=draw(gaps), untimed=draw(seldom)) for kind in kinds]


@st.composite
def late_request(draw: st.DrawFn) -> Steps:
    """A request times out; a later change of its item is delivered; then it lands."""
    before, after = draw(of_one_key("put", draw(st.sampled_from(["put", "delete", "ttl"]))))
    late = Deliver(count=1, invocations=draw(st.integers(1, 2)), faults=("late",))
    return before, after, late, draw(one_delivery), draw(waits), Land()


@st.composite
def late_duplicate(draw: st.DrawFn) -> Steps:
    """An item is removed, its guard is forgotten, and an older record comes again, maybe through long faults."""
    before, after = draw(of_one_key("put", draw(st.sampled_from(["delete", "ttl", "put"]))))
    one = Deliver(count=1, invocations=1)
    if draw(st.booleans()):  # just young enough to be trusted, and written when the guard is gone
        last = draw(st.sampled_from([25.0, 29.0]))
        echoed: Faults = ("throttled",) * draw(st.integers(13, 20))
    else:
        last = draw(st.sampled_from([0.0, 25.0, 61.0, 100.0]))
        echoed = draw(faults)
    return before, one, after, one, Wait(seconds=last), Echo(back=2, count=1, faults=echoed)


@st.composite
def lagging_put(draw: st.DrawFn) -> Steps:
    """A consumer is behind: it writes for a while without success, and meanwhile all changes."""
    before, after = draw(of_one_key("put", draw(st.sampled_from(["delete", "put"]))))
    again = Meanwhile(steps=(after,))
    return before, draw(waits), Deliver(count=1, invocations=1, faults=(again, *draw(stuck))), draw(one_delivery)


@st.composite
def outage(draw: st.DrawFn) -> Steps:
    """Nothing can be written while a batch of several items is at hand."""
    some = [Change(key=key, kind="put", gap_seconds=draw(gaps)) for key in draw(st.permutations([0, 1, 2, 3]))]
    return (*some, Deliver(count=6, invocations=1, faults=draw(stuck)), draw(one_delivery))


@st.composite
def disordered_tie(draw: st.DrawFn) -> Steps:
    """Two changes of an item in one tick of the feed's clock, the later one first where the feed has no order."""
    first, last = draw(of_one_key("put", draw(st.sampled_from(["put", "delete"]))))
    last = replace(last, gap_seconds=0.0, slot=1)
    return first, last, Deliver(count=draw(st.integers(1, 2)), invocations=1, faults=draw(st.just(()) | faults))


@st.composite
def untimed_between(draw: st.DrawFn) -> Steps:
    """A record without a time between two others of its item, in one batch or three, soon or late, some again."""
    before, middle, after = draw(of_one_key("put", "put", draw(st.sampled_from(["put", "delete"]))))
    middle = replace(middle, untimed=True)
    some = draw(st.sampled_from([(before, middle), (middle, after), (before, middle, after)]))
    delivered: Steps = tuple(itertools.chain.from_iterable((one, draw(one_delivery)) for one in some))
    if draw(st.booleans()):
        delivered = (*some, Deliver(count=len(some), invocations=1, faults=draw(faults)))
    return *delivered, Echo(back=draw(st.integers(1, 3)), count=1, faults=draw(st.just(()) | faults))


@st.composite
def leapt(draw: st.DrawFn) -> Steps:
    """A document gets a version of the future, and then its item changes."""
    before, after = draw(of_one_key("put", draw(st.sampled_from(["put", "delete", "ttl"]))))
    return before, Deliver(count=30, invocations=9), Leap(key=before.key), after, draw(one_delivery), draw(waits)


@st.composite
def parked_and_redriven(draw: st.DrawFn) -> Steps:
    """A refused item changes for the better, or goes, before its record is redriven."""
    bad, good, after = draw(of_one_key("poison", "put", draw(st.sampled_from(["delete", "ttl", "put"]))))
    middle = (good, draw(one_delivery)) if draw(st.booleans()) else ()
    return bad, draw(deliveries), *middle, after, draw(one_delivery), draw(waits), Redrive(faults=draw(faults))


@st.composite
def stale_poison(draw: st.DrawFn) -> Steps:
    """A refused state was replaced before its record is delivered."""
    bad, good = draw(of_one_key("poison", draw(st.sampled_from(["put", "delete"]))))
    return bad, good, Deliver(count=1, invocations=1), draw(one_delivery)


@st.composite
def poison_behind_a_failure(draw: st.DrawFn) -> Steps:
    """Of two items in a batch the first can't be written now and the second never."""
    bad = Change(key=draw(st.integers(1, 3)), kind=draw(st.sampled_from(["poison", "junk"])), gap_seconds=0.0)
    poor: Faults = (draw(st.sampled_from(["item_throttled", "item_closed"])),) * 30
    return Change(key=0, kind="put", gap_seconds=0.0), bad, Deliver(count=6, invocations=1, faults=poor)


@st.composite
def folded_behind_a_failure(draw: st.DrawFn) -> Steps:
    """Two changes of one item, one of another between them, and the item can't be written now."""
    first, last = draw(of_one_key("put", draw(st.sampled_from(["put", "delete"]))))
    between = Change(key=draw(keys), kind="put", gap_seconds=0.0)
    poor: Faults = ("item_throttled",) * 30
    return first, between, last, Deliver(count=6, invocations=1, faults=poor), draw(one_delivery)


@st.composite
def overtaken_page(draw: st.DrawFn) -> Steps:
    """A page of the backfill is written after its items have changed."""
    before, after = draw(of_one_key("put", draw(st.sampled_from(["delete", "put", "ttl"]))))
    delivered = (draw(one_delivery),) if draw(st.booleans()) else ()
    later = (draw(waits),) if draw(st.booleans()) else ()
    return before, draw(deliveries), ReadPage(), after, *delivered, *later, WritePage(faults=draw(st.just(()) | faults))


@st.composite
def slow_page(draw: st.DrawFn) -> Steps:
    """A page's requests time out while its items are deleted; the first are applied when the deletes are forgotten."""
    before, after = draw(of_one_key("put", draw(st.sampled_from(["delete", "ttl"]))))
    gone = Meanwhile(steps=(after, Deliver(count=6, invocations=2, queue_fails=draw(seldom))), end="slow")
    slow: Faults = ("slow",) * draw(st.integers(0, 6))
    return before, Deliver(count=6, invocations=6), ReadPage(), WritePage(faults=(gone, *slow)), draw(waits)


@st.composite
def overtaken_put(draw: st.DrawFn) -> Steps:
    """An item's delete is settled before its put, or after: its requests time out and are applied much later."""
    before, after = draw(of_one_key("put", draw(st.sampled_from(["delete", "ttl"]))))
    after = replace(after, slot=1)
    slow: Faults = ("slow",) * draw(st.integers(1, 4))
    unseen = draw(st.sampled_from([(), ("unanswered",), ("unanswered",), ("killed",)]))
    gone = Deliver(count=1, invocations=draw(st.integers(1, 2)), faults=unseen, queue_fails=draw(seldom))
    put = Deliver(count=1, invocations=draw(st.integers(1, 3)), faults=slow)
    return Deliver(count=30, invocations=9), before, after, gone, put, draw(long_waits), Land()


@st.composite
def forgotten_tie(draw: st.DrawFn) -> Steps:
    """An item is put, deleted and put again in one second, and the index forgets the delete in between."""
    first, gone, again = draw(of_one_key("put", "delete", "put"))
    one = Deliver(count=1, invocations=1)
    gone, again = replace(gone, gap_seconds=0.0), replace(again, gap_seconds=0.0)
    return Deliver(count=30, invocations=9), first, one, gone, one, again, Restart(seconds=1.0), one, draw(waits)


@st.composite
def many_refusals(draw: st.DrawFn) -> Steps:
    """The index refuses nearly all of a batch: is it the records or the index?"""
    bad = [Change(key=key, kind="junk", gap_seconds=0.0) for key in (0, 1, 2, 3, 0, 1)]
    return (*bad, draw(changes), Deliver(count=10, invocations=draw(st.integers(1, 6)), faults=draw(faults)))


def _steps() -> st.SearchStrategy[Steps]:
    single: list[st.SearchStrategy[Step]] = [
        changes,
        changes,
        changes,
        deliveries,
        deliveries,
        st.builds(Echo, back=st.integers(1, 8), count=st.integers(1, 3), faults=faults),
        waits,
        st.builds(Redrive, faults=faults),
        st.sampled_from([Land(), ReadPage(), Rest(), Restart(seconds=1.0), Restart(seconds=40.0)]),
        st.builds(WritePage, faults=faults),
        st.builds(Leap, key=keys),
    ]
    stories: list[st.SearchStrategy[Steps]] = [
        late_request(),
        late_duplicate(),
        lagging_put(),
        outage(),
        disordered_tie(),
        untimed_between(),
        leapt(),
        parked_and_redriven(),
        stale_poison(),
        poison_behind_a_failure(),
        folded_behind_a_failure(),
        overtaken_page(),
        slow_page(),
        overtaken_put(),
        forgotten_tie(),
        many_refusals(),
    ]
    kinds: list[st.SearchStrategy[Steps]] = [step.map(lambda one: (one,)) for step in single]
    kinds += [st.tuples(story, endings).map(itertools.chain.from_iterable).map(tuple) for story in stories]
    return st.sampled_from(range(len(kinds))).flatmap(kinds.__getitem__)


@st.composite
def histories(draw: st.DrawFn, feeds: tuple[Feed, ...] = FEEDS) -> History:
    """Random histories of these feeds; a fifth of them never trust an image."""
    feed = draw(st.sampled_from(feeds))
    trust_seconds = draw(st.sampled_from([30.0, 30.0, 30.0, 30.0, 0.0]))
    shortest = draw(st.sampled_from([1, 3, 6, 10]))
    parts = draw(st.lists(_steps(), min_size=shortest, max_size=shortest + 4))
    return History(
        feed=feed,
        consumer_skew=draw(skews),
        longest_lateness=draw(st.sampled_from([20.0, 70.0, 130.0, LATEST_SECONDS])),
        gc_deletes=draw(st.sampled_from([60.0, 60.0, 3_600.0])),
        date_skew=draw(st.sampled_from([0.0, -3.0, 3.0, 3.0])),
        trust_seconds=trust_seconds,
        batch_size=draw(st.sampled_from([10, 10, 3, 1])),
        lead=draw(st.sampled_from([None, 1, 2, 5])),
        order=draw(st.sampled_from(sorted(ORDERS))),
        retries=draw(st.sampled_from([-1, -1, 2])),
        index_is_mended=draw(st.booleans()),
        first_number=draw(st.sampled_from([9, 9, 7, 98, 10**20 - 2])),
        steps=tuple(step for part in parts for step in part),
        echoes=tuple(draw(st.lists(st.integers(0, 10), max_size=3))),
    )
