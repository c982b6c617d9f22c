"""The short form of the campaign on the model index; `make torture` plays it for long, and on a real node."""

from typing import Any

import pytest

from tests.changefeed.consumer_rig import Rig
from tests.changefeed.seeded_breaks import late_request_with_external_gte
from tests.convergence.breaks import BREAKS, deletes_are_said_once
from tests.convergence.campaign import campaign
from tests.convergence.history import FEEDS, Change, Deliver, Echo, Feed, History, Land, Restart, Step
from tests.convergence.world import MakeRig, play

HISTORIES = 200
HISTORIES_TO_FIND_A_BREAK = 1_000
ONE_FEED_EACH = list({broken: (broken, feeds) for broken, feeds in BREAKS}.values())


def sound(feed: str, **parts: Any) -> Rig:
    return Rig(feed=feed, **parts)


@pytest.mark.parametrize("feed", FEEDS)
def test_any_history_ends_with_the_index_equal_to_the_table(feed: Feed) -> None:
    result = campaign(sound, first_seed=1, count=HISTORIES, feeds=(feed,))
    assert result.failure is None, f"seed 1, {result.failure}: {result.history}"
    assert result.histories >= HISTORIES


@pytest.mark.parametrize(("broken", "feeds"), ONE_FEED_EACH, ids=[broken.__name__ for broken, _ in ONE_FEED_EACH])
def test_a_sync_with_a_broken_rule_is_found_out(broken: MakeRig, feeds: tuple[Feed, ...]) -> None:
    result = campaign(broken, first_seed=1, count=HISTORIES_TO_FIND_A_BREAK, feeds=feeds, shrink=False)
    assert (result.failure or "").startswith("AssertionError"), f"{broken} survived {result.histories}: {result}"


def one_history(*steps: Step) -> History:
    return History(
        feed="dynamodb_stream", longest_lateness=20.0, gc_deletes=60.0, consumer_skew=0.0, date_skew=0.0,
        trust_seconds=30.0, batch_size=10, lead=None, order="as sent", retries=-1, index_is_mended=False,
        first_number=1, steps=steps, echoes=(),
    )  # fmt: skip


def test_with_external_gte_a_late_request_would_revert_a_change_of_its_second() -> None:
    """The example of docs/correctness.md."""
    change = Change(key=0, kind="put", gap_seconds=0.0)
    late = Deliver(count=1, invocations=1, faults=("late",))
    history = one_history(change, change, late, Deliver(count=1, invocations=1), Land())
    play(history, sound)
    with pytest.raises(AssertionError, match="what the table holds"):
        play(history, late_request_with_external_gte)


def test_an_index_that_forgets_its_guards_at_once_is_healed_by_the_second_delete() -> None:
    deliver = Deliver(count=1, invocations=1)
    put, delete = (Change(key=0, kind=kind, gap_seconds=0.0) for kind in ("put", "delete"))
    history = one_history(put, deliver, delete, deliver, Restart(seconds=1.0), Echo(back=2, count=1))
    play(history, sound)
    with pytest.raises(AssertionError, match="what the table holds"):
        play(history, deletes_are_said_once)
