"""Fill a consumer's index from the whole table, while changes go on.

It drives the function `replicate` a few segments at a time and can be stopped at any point: --resume continues there.
A document is never replaced by an older state. Documents whose item is gone are not looked for: `verify --repair` does
that.

Example: python -m ops backfill sync_dynamodb_stream --stack dev --read-capacity 500
"""

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any

from cli import progress
from cli.errors import StoppedError
from cli.numbers import rate, whole
from cli.paths import file_to_write, own_folder
from cli.questions import confirm, must_ask
from local.layout import ROOT
from ops.backfill.checks import check_changes_arrive, check_filled
from ops.backfill.driver import BackfillStoppedError, Driver
from ops.backfill.invocation import replicate_function
from ops.backfill.progress import shown_progress
from ops.backfill.state import BackfillState, load_state
from ops.errors import OpsError, UsageError
from ops.identity import check_table, index_uuid_if_reachable
from ops.stack import Consumer, Stack, add_stack_arguments, open_stack
from ops.trouble.search import told, where_of

DEFAULT_SEGMENTS = 16
FOLDER = ROOT / ".driftless"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the consumer, how fast, and how to go on."""
    parser.add_argument("consumer", metavar="CONSUMER", help="sync_dynamodb_stream or sync_kinesis_stream")
    add_stack_arguments(parser)
    parser.add_argument(
        "--segments", type=whole("segments"), metavar="N", help=f"parts of the table ({DEFAULT_SEGMENTS})"
    )
    parser.add_argument(
        "--parallel", type=whole("segments"), default=4, metavar="N", help="segments at a time (%(default)s)"
    )
    parser.add_argument(
        "--read-capacity",
        type=rate("read units a second"),
        metavar="RCU",
        help="read units a second of all segments together (no limit)",
    )
    parser.add_argument(
        "--page-limit", type=whole("items", 1_000), metavar="N", help="items of a page, at most 1000 (1000)"
    )
    parser.add_argument("--resume", action="store_true", help="go on with the backfill in the state file")
    parser.add_argument(
        "--state",
        type=file_to_write,
        metavar="FILE",
        help="where its progress is kept (.driftless/backfill-STACK-CONSUMER.json)",
    )
    parser.add_argument("--dry-run", action="store_true", help="say what would be done, and check that it could")
    parser.add_argument("--yes", action="store_true", help="don't ask")
    parser.add_argument("--json", action="store_true", help="the result as JSON on stdout")


def run(options: argparse.Namespace) -> int:
    """Runs it. Returns 0 when every item is settled, 1 when it stopped early or items were parked."""
    return fill(open_stack(options.stack, options.outputs), options)


def fill(stack: Stack, options: argparse.Namespace) -> int:
    """Runs the command on a stack."""
    consumer = stack.consumer(options.consumer)
    where = where_of(stack, consumer)
    file = (
        options.state
        or own_folder(FOLDER) / f"backfill-{re.sub(r'[^A-Za-z0-9.-]+', '-', stack.name)}-{consumer.name}.json"
    )
    table = stack.client("dynamodb").describe_table(TableName=stack.table_name)["Table"]
    check_table(str(table["TableArn"]), str(stack.outputs["table_stream_arn"]))
    invoke = replicate_function(stack)
    check_changes_arrive(stack, consumer)
    with told(where):
        state = _state(options, stack, consumer, file, table.get("TableId"))
    estimate = int(table.get("ItemCount", 0))
    plan = (
        f"Table {state.table} (about {estimate:,} items) into index {state.index}: "
        f"{sum(not segment.done for segment in state.segments)} of {len(state.segments)} segments to go."
    )
    if options.dry_run:
        _print_plan(options, state, estimate, plan)
        return 0
    print(plan, file=sys.stderr)
    if state.done:
        print(
            f"That backfill was finished before ({file}): nothing was read or written now. `python -m ops verify "
            f"{consumer.name}` proves what the index holds; without --resume all of it is filled again.",
            file=sys.stderr,
        )
        if options.json:
            _print_result(options, state, file, finished_before=True)
        return 0
    if must_ask(options):
        confirm("Go on?")
    show = shown_progress(state, estimate)
    progress.stage(show(state))
    driver = Driver(
        state=state,
        invoke=invoke,
        save=lambda changed: changed.save(file),
        show=lambda changed: progress.say(show(changed)),
        workers=options.parallel,
        read_capacity=options.read_capacity,
        page_limit=options.page_limit,
    )
    try:
        driver.run()
    except BackfillStoppedError as error:
        raise OpsError(f"{error}\nNothing is lost. Go on with --resume ({file}).") from error
    except KeyboardInterrupt:
        raise StoppedError(f"Stopped. Go on with --resume ({file}).") from None
    with told(where):
        check_filled(stack, consumer, state)
    _print_result(options, state, file)
    return 1 if state.parked else 0


def _state(
    options: argparse.Namespace, stack: Stack, consumer: Consumer, file: Path, table_id: str | None
) -> BackfillState:
    known = load_state(file)
    names = {"table": stack.table_name, "index": consumer.index, "consumer": consumer.name}
    about = {
        **names,
        "table_id": table_id,
        "index_uuid": index_uuid_if_reachable(stack.search(), consumer.index),
    }
    new = BackfillState.new(total_segments=options.segments or DEFAULT_SEGMENTS, **about)
    if known is None:
        if options.resume:
            print(f"There is no {file}: beginning.", file=sys.stderr)
        return new
    if not known.about.items() >= names.items():
        raise UsageError(f"{file} is of table {known.table} into {known.index}: name another file with --state.")
    if known.about != about:
        made_anew = "table" if known.table_id != about["table_id"] else "index"
        if options.resume:
            raise UsageError(
                f"{file} can't be resumed: the {made_anew} {names[made_anew]} was made anew since. Leave out --resume."
            )
        print(f"{file} is of an earlier {made_anew} {names[made_anew]}: beginning.", file=sys.stderr)
        return new
    if not options.resume and not known.done:
        raise UsageError(f"A backfill was not finished ({file}): pass --resume, or remove the file to begin again.")
    if not options.resume:
        return new
    if options.segments not in (None, len(known.segments)):
        raise UsageError(f"{file} has {len(known.segments)} segments; a resumed backfill can't change that.")
    return known


def _print_plan(options: argparse.Namespace, state: BackfillState, estimate: int, plan: str) -> None:
    """Prints what a run would do. `estimate` is DynamoDB's count of the items, renewed about every six hours."""
    left = [segment.number for segment in state.segments if not segment.done]
    if options.json:
        result = {
            "dry_run": True,
            "table": state.table,
            "index": state.index,
            "items_about": estimate,
            "items_settled_before": state.items,
            "segments": len(state.segments),
            "segments_left": left,
            "parallel": options.parallel,
            "read_capacity": options.read_capacity,
        }
        print(json.dumps(result))
        return
    limit = f"{options.read_capacity:g} read units a second" if options.read_capacity else "no limit of read capacity"
    print(f"Would fill. {plan}")
    print(f"  {min(options.parallel, max(1, len(left)))} segments at a time, {limit}; each item is read consistently.")
    if state.runs:
        print(f"  {state.items:,} items were settled by earlier runs.")
    print("  The consumer's feed is on. Nothing was invoked.")


def _print_result(
    options: argparse.Namespace, state: BackfillState, file: Path, *, finished_before: bool = False
) -> None:
    result: dict[str, Any] = {
        "done": state.done,
        "finished_before": finished_before,
        "items": state.items,
        "written": state.written,
        "superseded": state.superseded,
        "parked": state.parked,
        "unindexed": state.unindexed,
        "read_units": round(state.read_units, 1),
        "seconds": round(state.seconds, 1),
        "items_per_second": round(state.items / state.seconds) if state.seconds else None,
        "invocations": state.invocations,
        "runs": state.runs,
        "segments": len(state.segments),
        "state": str(file),
    }
    if options.json:
        print(json.dumps(result))
        return
    if not state.items:
        print(f"Table {state.table} holds no item: there was nothing to fill the index with.")
        return
    print(
        f"{state.items:,} items settled in {state.seconds:.0f} s: {state.written:,} written, "
        f"{state.superseded:,} already there or newer, {state.parked:,} parked."
    )
    if state.unindexed:
        print(
            f"{state.unindexed:,} of them are whole, but not wholly searchable: `python -m ops verify --help` says why."
        )
    if state.parked:
        print(f"Parked items: python -m ops redrive {state.consumer} --dry-run")
