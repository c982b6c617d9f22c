"""Prove that the indexes hold exactly the table's items; repair what differs.

Reads the whole table consistently and the whole index, compares contents by digest, and looks at every difference
again after --settle seconds, so that changes still on their way don't count. The exit code is 0 when all are equal,
nothing is in motion, no document has a version that lies in the future, and readers search one of these indexes.

"Not fully searchable" are documents of which the index's mapping refuses some attributes, often a map where another
item has a text. They are kept in the document as they are, but no search finds it by them.

Example: python -m ops verify sync_dynamodb_stream --stack local --repair --yes
"""

import argparse
import contextlib
import json
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from changefeed.write.bulk_transport import BulkTransport
from cli import progress
from cli.numbers import rate, seconds, whole
from cli.paths import file_to_write, folder_to_fill, own_folder
from cli.questions import agrees, must_ask
from ops.errors import UsageError
from ops.identity import check_table
from ops.stack import Consumer, Stack, add_stack_arguments, open_stack
from ops.table_clock import table_clock
from ops.trouble.search import Where, told, where_of
from ops.verify.display import print_result
from ops.verify.index_walk import Index
from ops.verify.progress import show_walk
from ops.verify.readers import Readers, readers_of
from ops.verify.table_walk import ReadBudget, Table
from ops.verify.verification import Plan, Report, verify, write_differences
from ops.verify.walks import SAMPLE_PARTS

REPORTS = Path(__file__).resolve().parents[2] / "build" / "verify"
MOST_SEGMENTS = 64


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds what to compare, how fast, and what to do with differences."""
    add_stack_arguments(parser)
    parser.add_argument("consumers", nargs="*", metavar="CONSUMER", help="whose index; all of them if none is named")
    parser.add_argument(
        "--settle",
        type=seconds,
        default=15.0,
        metavar="SECONDS",
        help="how long a change may be on its way; above the feed's lag; serverless: 10 s or more (%(default)s)",
    )
    parser.add_argument("--repair", action="store_true", help="write or delete what differs, then look again")
    parser.add_argument("--dry-run", action="store_true", help="with --repair: only say what would be done")
    parser.add_argument("--yes", action="store_true", help="repair without asking")
    parser.add_argument(
        "--sample",
        type=whole("parts", SAMPLE_PARTS),
        metavar="N",
        help=f"compare N of {SAMPLE_PARTS} parts of "
        "the table, chosen at random: quick, but it sees no orphans and no other parts",
    )
    parser.add_argument(
        "--segments",
        type=whole("readers", MOST_SEGMENTS),
        default=4,
        metavar="N",
        help="parallel readers of the table (%(default)s)",
    )
    parser.add_argument(
        "--read-capacity",
        type=rate("read units a second"),
        metavar="UNITS",
        help="the table's read units a second to stay below; 1 unit reads 4 KB (no limit)",
    )
    parser.add_argument(
        "--resume", type=folder_to_fill, metavar="DIR", help="keep what was read in DIR, or go on from what it holds"
    )
    parser.add_argument(
        "--report",
        type=file_to_write,
        metavar="FILE",
        help="where all differences go, one JSON object a line (build/verify/CONSUMER.jsonl)",
    )
    parser.add_argument("--json", action="store_true", help="the report as JSON on standard output")


def run(options: argparse.Namespace) -> int:
    """Runs it. Returns 0 when all that `--help` names is proven, after a repair if asked for."""
    _check(options)
    return prove(open_stack(options.stack, options.outputs), options)


def prove(stack: Stack, options: argparse.Namespace) -> int:
    """Runs the command on a stack."""
    consumers = stack.consumers(options.consumers)
    if options.report and len(consumers) > 1:
        raise UsageError("--report FILE is for one consumer: name it.")
    readers = _readers(stack)
    results: dict[str, Any] = {}
    for consumer in consumers:
        with _directory(options.resume, consumer.name) as directory:
            with told(where_of(stack, consumer)):
                report = _verify(stack, consumer, directory, options)
            result: dict[str, Any] = {"index": consumer.index, **report.as_json(), "report": None}
            if report.found.differing or report.left.counts["in_motion"]:
                file = options.report or REPORTS / f"{consumer.name}.jsonl"
                write_differences(report, file)
                result["report"] = str(file)
        results[consumer.name] = result
        if not options.json:
            print_result(consumer, result)
    ok = all(result["ok"] for result in results.values()) and not (readers and readers.problem)
    if options.json:
        equal = all(result["equal"] for result in results.values())
        whole = {"ok": ok, "equal": equal, "readers": readers.as_json() if readers else None, "consumers": results}
        print(json.dumps(whole))
    elif readers:
        print(readers.describe([consumer.index for consumer in consumers]))
    return 0 if ok else 1


def _readers(stack: Stack) -> Readers | None:
    alias = stack.outputs.get("reader_alias")
    if not alias:
        return None
    with told(Where(endpoint=stack.search_endpoint)):
        return readers_of(stack.search(), str(alias), [consumer.index for consumer in stack.consumers()])


def _check(options: argparse.Namespace) -> None:
    if options.dry_run and not options.repair:
        raise UsageError("--dry-run says what --repair would do: give both. Without --repair nothing is written.")
    if options.sample and options.resume:
        raise UsageError("--sample is over before it could be resumed: give one of --sample and --resume.")
    if options.repair:
        must_ask(options)  # now, not after hours of reading
    if options.report is None:
        own_folder(REPORTS)


def _verify(stack: Stack, consumer: Consumer, directory: Path, options: argparse.Namespace) -> Report:
    budget = ReadBudget(options.read_capacity)
    table = Table(stack.client("dynamodb"), stack.table_name, budget=budget)
    check_table(table.identity["table"], str(stack.outputs["table_stream_arn"]))
    index = Index(stack.search(), consumer.index, say=progress.note, clock=table_clock(table.now))
    plan = Plan(
        directory=directory,
        segments=options.segments,
        sample_parts=options.sample,
        settle_seconds=options.settle,
        may_repair=_asker(consumer, options) if options.repair else None,
    )
    send = BulkTransport(endpoint=stack.search_endpoint, index=consumer.index, region=stack.region)
    items, documents = table.approximate_items, index.approximate_documents
    if options.sample:
        items = documents = items * options.sample // SAMPLE_PARTS
    show = partial(show_walk, consumer.name, items=items, documents=documents)
    return verify(table, index, send, plan, show=show, say=progress.announce)


def _asker(consumer: Consumer, options: argparse.Namespace) -> Callable[[dict[str, int]], bool]:
    def may_repair(kinds: dict[str, int]) -> bool:
        does = (
            f"{consumer.index}: write {kinds['missing']:,} missing and {kinds['stale']:,} stale documents, "
            f"delete {kinds['orphaned']:,} orphaned ones"
        )
        if options.dry_run:
            progress.note(f"Would repair {does}.")
            return False
        if options.yes:
            progress.announce(f"Repairing {does}.")
            return True
        return agrees(f"Repair {does}?")

    return may_repair


@contextlib.contextmanager
def _directory(kept: Path | None, consumer: str) -> Iterator[Path]:
    if kept is not None:
        yield kept / consumer
        return
    with tempfile.TemporaryDirectory(prefix="verify-") as directory:
        yield Path(directory)
