"""Many items at once: all arrive, and how far behind the indexes are meanwhile."""

import time

from ops.batch_write import MOST_REQUESTS
from ops.smoke.arrival import wait_for_arrival
from ops.smoke.own_items import write_items
from ops.smoke.scene import Scene


def a_burst_arrives(scene: Scene) -> str:
    """Writes them in batches, as fast as DynamoDB takes them, and sees each in every index."""
    items = [
        scene.item(f"burst-{number}", {"smoke_number": {"N": str(number)}}) for number in range(scene.patience.burst)
    ]
    started = time.monotonic()
    written_at: dict[str, float] = {}
    for start in range(0, len(items), MOST_REQUESTS):
        batch = items[start : start + MOST_REQUESTS]
        write_items(scene, batch)
        written_at |= dict.fromkeys((item["id"]["S"] for item in batch), time.monotonic())
        scene.say(f"{len(written_at)} of {len(items)} items written")
    written = time.monotonic() - started
    lags = wait_for_arrival(scene, {item["id"]["S"]: item for item in items}, written_at)
    return (
        f"{len(items)} of {len(items)} items in every index, written in {written:.1f} s; "
        f"lag at most {lags[len(lags) // 2]:.1f} s for half of them, {lags[-1]:.1f} s for all"
    )
