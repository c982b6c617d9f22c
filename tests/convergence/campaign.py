"""Plays many random histories from one seed: the same seed and number always play the same ones."""

import contextlib
import io
from dataclasses import dataclass

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.convergence.drawing import histories
from tests.convergence.history import FEEDS, Feed, History
from tests.convergence.world import MakeRig, play


class _Nowhere(io.TextIOBase):
    def write(self, text: str) -> int:
        return len(text)


@dataclass(frozen=True, kw_only=True)
class Result:
    """How many histories were played, and what the first one that failed said."""

    histories: int
    failure: str | None = None
    history: History | None = None


def campaign(
    make_rig: MakeRig, *, first_seed: int, count: int, feeds: tuple[Feed, ...] = FEEDS, shrink: bool = True
) -> Result:
    """Play `count` histories, or fewer when one fails; that one is made as small as can be if `shrink`."""
    played = 0
    last: History | None = None

    @seed(first_seed)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink] if shrink else [Phase.generate],
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
        print_blob=False,
    )
    @given(histories(feeds))
    def check(history: History) -> None:
        nonlocal played, last
        played += 1
        last = history
        play(history, make_rig)

    try:
        with contextlib.redirect_stdout(_Nowhere()):
            check()
    except Exception as error:  # whatever a broken sync raises is a finding
        return Result(histories=played, failure=f"{type(error).__name__}: {str(error).splitlines()[:1]}", history=last)
    return Result(histories=played)
