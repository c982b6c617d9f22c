"""The walk of a backfill: read a page, plan it, write it, park what can't be, and only then move past it.

It runs while the stream is live and goes through the handlers' own plan and writer. Two guards keep it from undoing a
change (docs/correctness.md): a page's version lies a margin before its reading (`backfill_page`), so that whatever
changed since wins; and an item whose page was read 30 s ago is read again before it is sent (`pending_write`), because
the index forgets a delete after 60 s and would take the deleted item back.
"""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from changefeed.backfill.page import Page, PageReader
from changefeed.backfill.request import BackfillAnswer, BackfillProgress, BackfillRequest
from changefeed.batch_judgement import SUSPICIOUS_REJECTIONS, is_suspicious, rejection_of
from changefeed.batch_part import Plan
from changefeed.errors import ItemReadError, ParkingError, SuspectedEnvironmentError
from changefeed.pipeline import LambdaContext
from changefeed.plan.fold import plan
from changefeed.plan.rejection import Rejection
from changefeed.write.write_result import Outcome, Write
from lambda_kit.telemetry import log

SECONDS_FOR_A_PAGE = 15.0
"""With less of an invocation left, another page isn't begun: it might not be settled, and would be read twice."""


@dataclass(frozen=True, kw_only=True)
class Backfill:
    """The steps for one consumer's index, bound by the handler. Clock in seconds since the epoch."""

    open_table: Callable[[], PageReader]
    write: Write
    park: Callable[[Rejection], None]
    plan: Plan = plan
    clock: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep

    def __call__(self, request: BackfillRequest, context: LambdaContext) -> BackfillAnswer:
        """Settle pages until the segment, the time or what the index takes is at its end.

        Raises SuspectedEnvironmentError, with nothing of the page parked, when most of a page is rejected.
        """
        progress = BackfillProgress(next_key=request.start_key)
        started = self.clock()
        longest = request.max_seconds or float("inf")
        rate = request.read_units_per_second or float("inf")

        def seconds_left() -> float:
            return context.get_remaining_time_in_millis() / 1000

        try:
            read_page = self.open_table()
            while not progress.done:
                page = read_page(
                    segment=request.segment,
                    total_segments=request.total_segments,
                    start_key=progress.next_key,
                    limit=_limit(request, progress),
                )
                progress.read_units += page.read_units
                if not self._settle(page, progress, seconds_left):
                    break
                elapsed = self.clock() - started
                pause = max(0.0, progress.read_units / rate - elapsed)
                if seconds_left() - pause < SECONDS_FOR_A_PAGE or elapsed + pause > longest:
                    break  # whoever drives the backfill pauses for us
                if pause and not progress.done:
                    self.sleep(pause)
        except (ItemReadError, ParkingError) as error:
            progress.reasons.add(str(error))
        answer = progress.answer()
        log("backfill handed back", consumer=request.consumer, segment=request.segment, **_loggable(answer))
        return answer

    def _settle(self, page: Page, progress: BackfillProgress, seconds_left: Callable[[], float]) -> bool:
        """True when every item of the page is written, superseded or parked: then the progress is behind it."""
        actions, unplannable = self.plan(page.changes)
        results = self.write(actions, seconds_left)
        failed = [result for result in results if result.outcome is Outcome.RETRYABLE]
        if failed:
            progress.retryable = len(failed)
            progress.reasons |= {result.reason or "out_of_time" for result in failed}
            return False
        rejections = [*unplannable, *(rejection_of(result) for result in results if result.outcome is Outcome.REJECTED)]
        if is_suspicious(len(rejections), len(page.changes)):
            codes = sorted({rejection.code for rejection in rejections})
            raise SuspectedEnvironmentError(
                f"{len(rejections)} of a page's {len(page.changes)} items were rejected ({', '.join(codes)}); none was "
                f"parked. Is it the index? If it is the items, a page limit below {SUSPICIOUS_REJECTIONS} parks them."
            )
        for rejection in rejections:
            self.park(replace(rejection, sequence_number=None, first_sequence_number=None))
            log("item parked", level="WARNING", reason=rejection.code)
        outcomes = Counter(result.outcome for result in results)
        progress.settled["written"] += outcomes[Outcome.WRITTEN]
        progress.settled["superseded"] += outcomes[Outcome.SUPERSEDED]
        progress.settled["parked"] += len(rejections)
        progress.unindexed += sum(result.unindexed for result in results if result.outcome is Outcome.WRITTEN)
        progress.pages += 1
        progress.next_key = page.next_key
        progress.done = page.next_key is None
        return True


def _limit(request: BackfillRequest, progress: BackfillProgress) -> int:
    """Limits the items of the next page: at a limited rate, about a second's worth, so that nothing bursts."""
    rate = request.read_units_per_second
    if rate is None:
        return request.page_limit
    items = progress.settled.total()
    units_an_item = progress.read_units / items if items else 1.0
    return max(1, min(request.page_limit, int(rate / max(units_an_item, 0.001))))


def _loggable(answer: BackfillAnswer) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name != "next_key"}  # a key is content
