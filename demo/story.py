"""Plays the demo from its first write to its proof."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from rich.console import Console

from demo import checks, misfits
from demo.flights import FlightChange, flight_changes
from demo.lag import LagMeter
from demo.load import ItemApi, write_by_api, write_by_batches
from demo.memory import MemoryMeter
from demo.proof import Comparison, prove
from demo.view import DemoView
from local.observation import count_items
from local.services.aws_client import aws_client
from local.services.ministack import REGION

CHANGES_BY_API = 60
CHANGES_PER_SECOND = 300.0
DRAIN_SECONDS = 120.0
SETTLE_SECONDS = 20.0
USUAL_P99_SECONDS = 2.0


@dataclass(kw_only=True)
class Demo:
    """One run against a stack's outputs. `at_half_time` is called once, in the middle of the load."""

    outputs: Mapping[str, Any]
    console: Console
    memory: MemoryMeter
    at_half_time: Callable[[], None] | None = None
    problems: list[str] = field(default_factory=list)

    def run(self) -> dict[str, Any]:
        """Plays it. Returns the report, with `ok` true only if all of it held."""
        changes = flight_changes(first_number=int(time.time()) * 10_000)  # above those of any earlier run
        dynamodb = aws_client(self.outputs["aws_endpoint_url"], REGION, "dynamodb")
        api = ItemApi(self.outputs["api_url"])
        started = time.monotonic()
        with LagMeter(self.outputs["opensearch_url"], self.outputs["indexes"]) as meter:
            with DemoView(self.console, self.outputs, meter, self.memory) as view:
                self._write(changes, dynamodb, api, meter, view)
            seconds = time.monotonic() - started
            self._search(api, changes)
            self._update_and_delete(api, changes)
            not_fully_searchable = self._refused_item(api, changes)
            parked = self._foreign_record()
            comparisons = self._prove(dynamodb, changes)
            lags = meter.percentiles()
        self.memory.look()
        return {
            "ok": not self.problems,
            "changes": len(changes),
            "items": count_items(dynamodb, self.outputs["table_name"]),
            "indexes": {
                self.outputs["indexes"][consumer]: {
                    "documents": comparison.documents,
                    "missing": len(comparison.missing),
                    "stale": len(comparison.stale),
                    "orphaned": len(comparison.orphaned),
                }
                for consumer, comparison in comparisons.items()
            },
            "not_fully_searchable": not_fully_searchable,
            "parked": parked,
            "seconds": round(seconds, 2),
            "changes_per_second": round(len(changes) / seconds, 1),
            "lag_seconds": {name: max(lag[name] for lag in lags.values()) for name in ("p50", "p99")},
            "lag_seconds_by_feed": lags,
            "slow": self._slow(lags),
            "peak_memory_megabytes": round(self.memory.peak_bytes / 1e6),
            "problems": self.problems,
        }

    def _write(self, changes: list[FlightChange], dynamodb: Any, api: ItemApi, meter: LagMeter, view: DemoView) -> None:
        view.total = len(changes)
        view.doing = "writing through the API"
        for change in changes[:CHANGES_BY_API]:
            write_by_api(api, change, meter)
            view.written += 1
        view.doing = "writing by batches"
        half_time = [self.at_half_time] if self.at_half_time else []

        def after_batch(written: int) -> None:
            view.written = CHANGES_BY_API + written
            if half_time and view.written > len(changes) // 2:
                half_time.pop()()

        write_by_batches(
            dynamodb, self.outputs["table_name"], changes[CHANGES_BY_API:], meter,
            changes_per_second=CHANGES_PER_SECOND, after_batch=after_batch,
        )  # fmt: skip
        view.doing = "all written, waiting for the indexes"
        if not meter.wait(DRAIN_SECONDS):
            self._problem(f"{meter.outstanding()} writes are not in the indexes after {DRAIN_SECONDS:.0f} s.")

    def _search(self, api: ItemApi, changes: list[FlightChange]) -> None:
        self.console.rule("A search: flights to Los Angeles, landed more than an hour late")
        expected = checks.late_flights(changes)
        found: list[dict[str, Any]] = []

        def answers() -> bool:
            found[:] = checks.search_late_flights(api)
            return sorted(item["id"] for item in found) == expected

        if not checks.wait_for(answers):
            self._problem(f"The search found {sorted(item['id'] for item in found)} instead of {expected}.")
        for item in found:
            late = item["arrival_delay_minutes"]
            self.console.print(f"  {item['airline']} {item['flight']} from {item['origin']}: {late} minutes late")

    def _update_and_delete(self, api: ItemApi, changes: list[FlightChange]) -> None:
        self.console.rule("An update and a delete, seen in both indexes")
        present = sorted({change.flight_id for change in changes} - {c.flight_id for c in changes if c.item is None})
        updated, deleted = present[0], present[1]
        api.request("PATCH", f"/items/{updated}", json={"remark": "Lost luggage: 3"}, expect=[200])
        api.request("DELETE", f"/items/{deleted}", expect=[204])
        if checks.in_every_index(self.outputs, updated, lambda doc: doc is not None and doc.get("remark") is not None):
            self.console.print(f"  {updated} has its remark in both indexes")
        else:
            self._problem(f"The update of {updated} did not arrive in both indexes.")
        if checks.in_every_index(self.outputs, deleted, lambda doc: doc is None):
            self.console.print(f"  {deleted} is gone from both indexes")
        else:
            self._problem(f"The delete of {deleted} did not arrive in both indexes.")

    def _refused_item(self, api: ItemApi, changes: list[FlightChange]) -> int:
        self.console.rule("An item that the index refuses: a map where every other flight has a text")
        good = next(change.item for change in reversed(changes) if change.item)
        refused = misfits.write_refused(self.outputs, good)

        for key in (*misfits.NEIGHBOURS, misfits.REFUSED):
            if not checks.in_every_index(self.outputs, key, partial(misfits.is_of_run, refused)):
                self._problem(f"{key} did not land.")
        answer: dict[str, Any] = {}

        def is_found() -> bool:
            answer.update(checks.search(api, where=f"id={misfits.REFUSED}"))
            return any(misfits.is_of_run(refused, hit["item"]) for hit in answer["items"])

        if not checks.wait_for(is_found) or answer["items"][0]["item"]["destination"] != refused["destination"]:
            self._problem(f"The search for {misfits.REFUSED} did not find the whole item.")
        count: int = answer.get("not_fully_searchable", 0)
        if count < 1:
            self._problem("The search does not say that an item is not fully searchable.")
        self.console.print(f"  {misfits.REFUSED} landed whole; only a search for its destination would miss it")
        self.console.print(f"  the API says so with every search: not_fully_searchable {count}")
        return count

    def _foreign_record(self) -> int:
        self.console.rule("A foreign record on the Kinesis stream: no table wrote it")
        data = misfits.put_foreign_record(self.outputs)
        parked = 0

        def is_parked() -> bool:
            nonlocal parked
            messages = (message for queue in checks.parked_messages(self.outputs).values() for message in queue)
            parked = max(parked, len(misfits.parked_with(messages, data)))
            return bool(parked)

        if checks.wait_for(is_parked):
            self.console.print(f"  parked ({parked} message in the consumer's queue); the records beside it moved on")
        else:
            self._problem("The foreign record was not parked.")
        return parked

    def _prove(self, dynamodb: Any, changes: list[FlightChange]) -> dict[str, Comparison]:
        self.console.rule("The proof: every item of the table against its document")
        comparisons = {}
        left = {change.flight_id: change.item for change in changes}
        least = sum(item is not None for item in left.values()) - 1  # one was deleted above
        for consumer, index in self.outputs["indexes"].items():
            comparison = prove(
                dynamodb, self.outputs["table_name"], self.outputs["opensearch_url"], index,
                settle_seconds=SETTLE_SECONDS, least=least,
            )  # fmt: skip
            comparisons[consumer] = comparison
            word = "[green]equal[/]" if comparison.equal else "[red]different[/]"
            self.console.print(
                f"  {index}: {word}. {comparison.documents} documents; missing {len(comparison.missing)}, "
                f"stale {len(comparison.stale)}, orphaned {len(comparison.orphaned)}"
            )
            if not comparison.equal:
                self._problem(f"{index} differs from the table: {comparison}")
        return comparisons

    def _slow(self, lags: Mapping[str, Mapping[str, float]]) -> list[str]:
        """Names feeds above a quiet two-core machine's lag. Only said: a busy machine is no fault of the sync."""
        slow = [
            f"{consumer}: lag p99 {lag['p99']} s" for consumer, lag in lags.items() if lag["p99"] > USUAL_P99_SECONDS
        ]
        if slow and self.at_half_time is None:
            self.console.print(
                f"  [yellow]Slower than {USUAL_P99_SECONDS} s: {'; '.join(slow)}. Is the machine busy?[/]"
            )
        return slow

    def _problem(self, text: str) -> None:
        self.problems.append(text)
        self.console.print(f"  [red]{text}[/]")
