"""Runs the long campaign: histories on the model and on a real node, killed consumers, and every seeded break.

Exit code 1 on any finding.

Example: python -m tests.torture --seed 7 --histories 10000 --node-histories 200
"""

import argparse
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import ops.images_path  # noqa: F401
from tests.changefeed.consumer_rig import Rig
from tests.changefeed.seeded_breaks import late_request_with_external_gte, no_reading_of_old_records
from tests.convergence.breaks import BREAKS
from tests.convergence.campaign import Result, campaign
from tests.convergence.killed_consumers import ENDS, KilledConsumers
from tests.convergence.node_campaign import NodeCampaign
from tests.search_node import running_node

HISTORIES_A_SEED = 250
NODE_HISTORIES_A_SEED = 50
NODE_HISTORIES_A_KILL = 20
"""In one history of this many the node's process is killed."""
KILLED_ROUNDS_A_SEED = 30
HISTORIES_TO_FIND_A_BREAK = 3_000
PROCESSES = 2
BREAKS_ON_THE_NODE = (no_reading_of_old_records, late_request_with_external_gte)


def sound(feed: str, **parts: Any) -> Rig:
    """Makes the sync as it is."""
    return Rig(feed=feed, **parts)


def play_seed(job: tuple[int, int]) -> tuple[int, Result]:
    """Plays one seed's histories on the model."""
    seed, count = job
    return seed, campaign(sound, first_seed=seed, count=count)


def play_break(job: tuple[int, int]) -> tuple[int, Result]:
    """Plays one seeded break."""
    place, seed = job
    broken, feeds = BREAKS[place]
    return place, campaign(broken, first_seed=seed, count=HISTORIES_TO_FIND_A_BREAK, feeds=feeds, shrink=False)


def parts_of(total: int, size: int, first_seed: int) -> Iterator[tuple[int, int]]:
    """Yields seeds with numbers of histories, `total` in all."""
    for place, start in enumerate(range(0, total, size)):
        yield first_seed + place, min(size, total - start)


def say(text: str) -> None:
    """Writes a line on standard error, for whoever waits."""
    print(text, flush=True)  # noqa: T201 — this command's output


def on_the_model(pool: Any, first_seed: int, histories: int) -> int:
    """Plays histories on the model. Returns how many seeds found a divergence."""
    played = failures = 0
    for seed, result in pool.imap_unordered(play_seed, list(parts_of(histories, HISTORIES_A_SEED, first_seed))):
        played += result.histories
        if result.failure:
            failures += 1
            say(f"DIVERGENCE with seed {seed}: {result.failure}\n  {result.history}")
            say(f"  again: python -m tests.torture --seed {seed} --histories {HISTORIES_A_SEED} --only model")
    last = first_seed + (histories - 1) // HISTORIES_A_SEED
    say(f"model: {played} histories, seeds {first_seed} to {last}, {failures} divergences")
    return failures


def on_the_breaks(pool: Any, first_seed: int) -> int:
    """Plays the seeded breaks. Returns how many survived."""
    survivors = 0
    for place, result in pool.imap(play_break, [(place, first_seed) for place in range(len(BREAKS))]):
        broken, feeds = BREAKS[place]
        caught = (result.failure or "").startswith("AssertionError")
        survivors += not caught
        name = f"{broken.__name__} on {feeds[0]}"
        word = "caught after" if caught else "SURVIVED"
        say(f"  {word} {result.histories:5} histories: {name} {result.failure or ''}")
    say(f"breaks: {len(BREAKS) - survivors} of {len(BREAKS)} caught with seed {first_seed}")
    return survivors


def on_the_node(first_seed: int, histories: int) -> int:
    """Plays histories on a real node. Returns how many seeds found a divergence."""
    played = failures = 0
    with tempfile.TemporaryDirectory(prefix="torture-") as directory, running_node(Path(directory)) as node:
        node_campaign = NodeCampaign(node=node, restart_every=NODE_HISTORIES_A_KILL)
        kills = 0
        for seed, count in parts_of(histories, NODE_HISTORIES_A_SEED, first_seed):
            result = node_campaign.run(first_seed=seed, count=count)
            played += result.histories
            kills += sum(map(node_campaign.is_killed_in, range(1, result.histories + 1)))
            if result.failure:
                failures += 1
                say(f"DIVERGENCE on the node with seed {seed}: {result.failure}\n  {result.history}")
                say(f"  again: python -m tests.torture --seed {seed} --node-histories {count} --only node")
        if not failures and node_campaign.restarts != kills:
            failures += 1
            say(f"NOT DONE: the node was killed and started {node_campaign.restarts} times, not {kills}")
        for broken in BREAKS_ON_THE_NODE:
            found = NodeCampaign(node=node, make_rig=broken).run(first_seed=first_seed, count=HISTORIES_TO_FIND_A_BREAK)
            caught = (found.failure or "").startswith("AssertionError")
            failures += not caught
            say(f"  {'caught after' if caught else 'SURVIVED'} {found.histories:5} on the node: {broken.__name__}")
    say(
        f"node: {played} histories, seeds {first_seed} and up, {node_campaign.faults_met} faults of the proxy, "
        f"its process killed and started {node_campaign.restarts} times, {failures} findings"
    )
    return failures


def on_killed_consumers(first_seed: int, rounds: int) -> int:
    """Kills consumers between a request and its answer. Returns how many seeds found a divergence."""
    failures = 0
    with tempfile.TemporaryDirectory(prefix="torture-") as directory, running_node(Path(directory)) as node:
        killed = KilledConsumers(url=node.url)
        for seed, count in parts_of(rounds, KILLED_ROUNDS_A_SEED, first_seed):
            result = killed.run(seed=seed, rounds=count)
            if result.failure:
                failures += 1
                say(f"DIVERGENCE after killed consumers with seed {seed}: {result.failure}")
                say(f"  again: python -m tests.torture --seed {seed} --killed-rounds {count} --only killed")
    ends = ", ".join(f"{count} {end}" for end, count in sorted(killed.killed.items()))
    if rounds >= KILLED_ROUNDS_A_SEED and killed.killed.keys() != ENDS.keys():
        failures += 1
        say("NOT DONE: no consumer was killed in some of the places")
    say(f"killed consumers: {sum(killed.killed.values())} processes ({ends}) in {rounds} rounds, {failures} findings")
    return failures


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs it. Returns 0 when nothing was found, else 1."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="the first one; a seed always plays the same")
    parser.add_argument("--histories", type=int, default=10_000, help="on the model (default: %(default)s)")
    parser.add_argument("--node-histories", type=int, default=200, help="on a real node (default: %(default)s)")
    parser.add_argument("--killed-rounds", type=int, default=120, help="with consumers killed (default: %(default)s)")
    parser.add_argument("--only", choices=["model", "breaks", "node", "killed"], help="one part of the four")
    options = parser.parse_args(arguments)
    started, findings = time.monotonic(), 0
    with multiprocessing.Pool(PROCESSES) as pool:
        if options.only in (None, "model"):
            findings += on_the_model(pool, options.seed, options.histories)
        if options.only in (None, "breaks"):
            findings += on_the_breaks(pool, options.seed)
    if options.only in (None, "node"):
        findings += on_the_node(options.seed, options.node_histories)
    if options.only in (None, "killed"):
        findings += on_killed_consumers(options.seed, options.killed_rounds)
    say(f"{'Nothing found' if not findings else f'{findings} FINDINGS'} in {time.monotonic() - started:.0f} s.")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
