"""Measures one burst from its first POST until everything is settled, and judges it."""

import math
import time
from collections.abc import Callable, Sequence
from typing import Any

from bench.analyses.burst import burst, disturb, lift_throttle
from bench.analyses.service import Service
from bench.analyses.verdict import FAULTS, judged
from bench.measurement import say
from local.observation import count_messages

P99_MILLISECONDS = 50.0
SETTLE_SECONDS_A_REQUEST, SETTLE_SECONDS = 0.5, 120.0


def measure(service: Service, count: int, done: Callable[[], bool]) -> dict[str, Any]:
    """Runs the whole measurement; `done` says whether the runner holds nothing. `ok` is true if everything held."""
    lift_throttle(service)
    started = time.monotonic()
    posted = burst(service, count)
    burst_seconds = time.monotonic() - started
    disturbed = disturb(service, posted)
    waiting = count_messages(service.client("sqs"), service.queue_url)
    say(f"{count} requests accepted in {burst_seconds:.1f} s; backlog {waiting}")
    is_done = wait_until_done(service, done, SETTLE_SECONDS + SETTLE_SECONDS_A_REQUEST * count)
    seconds = time.monotonic() - started
    verdict = judged(service, posted, disturbed)
    latency = percentiles([one.milliseconds for one in posted])
    deep = [one.milliseconds for one in sorted(posted, key=lambda one: one.backlog)[-max(1, count // 4) :]]
    return {
        "ok": is_done and not any(verdict[name] for name in FAULTS) and latency["p99"] < P99_MILLISECONDS,
        "requests": count,
        **disturbed,
        "post_milliseconds": latency,
        "post_milliseconds_at_the_deepest_backlog": percentiles(deep),
        "deepest_backlog": max(one.backlog for one in posted),
        "posts_per_second": round(count / burst_seconds, 1),
        "seconds_until_all_settled": round(seconds, 1),
        "all_ended": is_done,
        **verdict,
    }


def percentiles(values: Sequence[float]) -> dict[str, float]:
    """Computes p50, p99 and the largest, by nearest rank."""
    ordered = sorted(values)
    ranks = {"p50": 0.5, "p99": 0.99, "max": 1.0}
    return {name: round(ordered[math.ceil(share * len(ordered)) - 1], 1) for name, share in ranks.items()}


def wait_until_done(service: Service, done: Callable[[], bool], seconds: float) -> bool:
    """Waits until the queue is empty and all that was accepted has ended. Returns False when the time is over."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if count_messages(service.client("sqs"), service.queue_url) == 0 and done():
            return True
        time.sleep(0.5)
    return False
