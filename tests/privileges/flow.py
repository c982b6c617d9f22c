"""What a right is for: something that happens with it, and how it is seen that it doesn't without it."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from tests.privileges.rig import Rig
from tests.privileges.rights import Right

PATIENCE_SECONDS = 60.0
TOLERANCE_SECONDS = 1.5
"""How long after a refusal the flow may still reach its goal: a right that is refused and not missed isn't needed."""

ATTEMPTS = 3

Reached = Callable[[], bool]


@dataclass(frozen=True, kw_only=True)
class Flow:
    """`goal` is a sentence that is true with the right. `begin` acts; what it returns says whether it is true yet."""

    goal: str
    begin: Callable[[Rig], Reached]


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What came of taking one right away."""

    right: Right
    goal: str
    refused: bool
    reached: bool
    goes_on: bool = False

    @property
    def is_needed(self) -> bool:
        """Says that the right was asked for, that the flow failed without it, and that it goes on with it again."""
        return self.refused and not self.reached and self.goes_on


def try_without(rig: Rig, right: Right, flow: Flow) -> Verdict:
    """Takes the right away, runs the flow, and gives it back."""
    position = rig.log_position()

    def refused() -> bool:
        return any((right.refused_as, right.action) == found for found in rig.refusals(position))

    right.take(rig)
    try:
        for _ in range(ATTEMPTS):  # a poll that was allowed may still be waiting
            reached = flow.begin(rig)
            _wait(lambda reached=reached: reached() or refused())  # type: ignore[misc]
            if not _wait(reached, TOLERANCE_SECONDS):
                break
        verdict = Verdict(right=right, goal=flow.goal, refused=refused(), reached=reached())
    finally:
        right.give_back(rig)
    # What waits goes on by itself once the right is back; a command has to be given again.
    goes_on = _wait(reached, TOLERANCE_SECONDS)
    rig.mend()
    goes_on = goes_on or _wait(flow.begin(rig))
    rig.mend()
    return replace(verdict, goes_on=goes_on)


def _wait(so: Reached, seconds: float = PATIENCE_SECONDS) -> bool:
    deadline = time.monotonic() + seconds
    while not so():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True
