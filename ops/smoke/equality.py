"""The proof: every index holds exactly the table's items, those of this run among them."""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from changefeed.write.bulk_transport import BulkTransport
from ops.smoke.scene import Scene
from ops.stack import Consumer
from ops.trouble.search import told
from ops.trouble.trouble import Trouble
from ops.verify.index_walk import Index
from ops.verify.looks import Kind
from ops.verify.table_walk import Table
from ops.verify.verification import Plan, Report, verify
from ops.verify.walks import Progress

_CAUSES = {
    Kind.MISSING: "items that are older than the stack, or changes that never came",
    Kind.STALE: "changes that never came, or something else writes into the index",
    Kind.ORPHANED: "deletes that never came, or something else writes into the index",
}


def every_index_equals_the_table(scene: Scene) -> str:
    """Verifies each index whole, as `ops verify` does. Counts only: the ids are that command's to show."""
    table = Table(scene.stack.client("dynamodb"), scene.stack.table_name)
    said: list[str] = []
    for consumer in scene.stack.consumers():
        with told(scene.where(consumer)):
            report = _verified(scene, table, consumer)
        if report.left.differing:
            raise _different(scene, consumer, report)
        if report.future.count:
            raise _from_the_future(scene, consumer, report)
        said.append(f"{report.items:,} items")
        if report.left.counts["in_motion"]:  # of others: this run's own items stand still by now
            said[-1] += f", but for {report.left.counts['in_motion']:,} in motion in {consumer.index}"
    return f"every index equals the table: {'; '.join(dict.fromkeys(said))}"


def _verified(scene: Scene, table: Table, consumer: Consumer) -> Report:
    @contextlib.contextmanager
    def show() -> Iterator[Progress]:
        yield lambda items, documents: scene.say(f"{consumer.index}: {items:,} items, {documents:,} documents read")
        scene.say(f"{consumer.index}: looks again at what differs, {scene.patience.settle:g} s later")

    stack = scene.stack
    send = BulkTransport(endpoint=stack.search_endpoint, index=consumer.index, region=stack.region)
    with tempfile.TemporaryDirectory(prefix="driftless-smoke-") as directory:
        plan = Plan(directory=Path(directory), settle_seconds=scene.patience.settle)
        return verify(table, Index(stack.search(), consumer.index), send, plan, show=show, say=scene.say)


def _from_the_future(scene: Scene, consumer: Consumer, report: Report) -> Trouble:
    return Trouble(
        f"{report.future.count:,} documents of {consumer.index} have versions of the future",
        cause="a wrong clock or another writer made them, and each change of their items costs a read",
        cure=f"Which: {scene.command(f'verify {consumer.name}')}. Then docs/operations.md, future-versions",
    )


def _different(scene: Scene, consumer: Consumer, report: Report) -> Trouble:
    counts = {kind: report.left.counts[kind] for kind in Kind if report.left.counts[kind]}
    fill = f"{scene.command(f'backfill {consumer.name}')} for what is older; " if Kind.MISSING in counts else ""
    return Trouble(
        f"{consumer.index} differs from the table: " + ", ".join(f"{n:,} {kind}" for kind, n in counts.items()),
        cause="; ".join(_CAUSES[kind] for kind in counts),
        cure=f"Which: {scene.command(f'verify {consumer.name}')}. Mend: {fill}"
        f"{scene.command(f'verify {consumer.name} --repair')}",
    )
