"""Prints a verification for people: what differs, what a repair did, what can't be searched, and what to do."""

from collections.abc import Mapping
from typing import Any

from ops.stack import Consumer

SHOWN_IDS = 5
KINDS = ("missing", "stale", "orphaned")


def print_result(consumer: Consumer, result: Mapping[str, Any]) -> None:
    """Prints what was found of one consumer, on standard output."""
    rate = result["items"] / max(result["seconds"], 0.1)
    scope = f"sample of {result['sample']['parts']} of {result['sample']['of']} parts" if result["sample"] else "all"
    print(
        f"{consumer.name} ({consumer.index}): {result['items']:,} items, {result['documents']:,} documents, {scope}; "
        f"{result['seconds']} s, {rate:,.0f} items/s. {result['looked_at_again']:,} looked at again, "
        f"{result['lagging']:,} of them were only on their way."
    )
    for kind in KINDS:
        _print_ids(kind, result[kind])
    if result["in_motion"]["count"]:
        _print_ids("in motion, neither equal nor different", result["in_motion"])
    if result["repair"]:
        repair = result["repair"]
        outcomes = ", ".join(f"{count:,} {outcome}" for outcome, count in repair["outcomes"].items())
        writes = f"{sum(repair['outcomes'].values()):,} writes: {outcomes}" if outcomes else "nothing was left to do"
        print(f"  repair: of {repair['differed']:,} that differed, {repair['equal_now']:,} are equal now ({writes})")
        for reason, count in result["repair"]["reasons"].items():
            print(f"    {count:,} not written: {reason}")
        for kind in KINDS:
            _print_ids(f"still {kind}", result["repair"]["left"][kind])
    if result["versions_in_the_future"]["count"]:
        _print_ids("with versions in the future", result["versions_in_the_future"])
        print(
            "    A wrong clock or another writer made them. Until that time each change of their items costs a read; "
            "after it, a late one may be taken for an old one. Make another index, and backfill it."
        )
    if result["not_fully_searchable"]:
        print(
            f"  not fully searchable: about {result['not_fully_searchable']:,}. Their contents are whole, but the "
            "mapping refuses some attributes. Change the mapping, then backfill; or leave it."
        )
    if result["report"]:
        print(f"  all of them: {result['report']}")
    print(f"  {_verdict(result)}")


def _verdict(result: Mapping[str, Any]) -> str:
    left = result["repair"]["left"] if result["repair"] else result
    if any(left[kind]["count"] for kind in KINDS):
        return "Not equal." + ("" if result["repair"] else " `--repair` writes what the table holds.")
    if result["in_motion"]["count"]:
        return f"Not proven: {result['in_motion']['count']:,} are in motion. Nothing else differs. Run it again later."
    if not result["equal"]:
        return "Not proven: the sample held no item. Take more parts, or leave out --sample."
    empty = ": both are empty" if not result["items"] and not result["documents"] else ""
    sampled = ", as far as the sample goes: it can't see orphans" if result["sample"] else ""
    since = f", by what was read since {result['resumed_walk_of']}" if result["resumed_walk_of"] else ""
    future = ", but for the versions in the future" if result["versions_in_the_future"]["count"] else ""
    return f"Equal{empty}{sampled}{since}{future}."


def _print_ids(what: str, found: Mapping[str, Any]) -> None:
    if found["count"]:
        more = "" if found["count"] <= SHOWN_IDS else ", ..."
        print(f"  {found['count']:,} {what}: {', '.join(map(repr, found['ids'][:SHOWN_IDS]))}{more}")
