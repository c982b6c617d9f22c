"""The indexes are there and let us in, and the collection keeps what the sync relies on."""

import time

from opensearchpy.exceptions import TransportError

from changefeed.write.bulk_transport import BulkTransport
from ops.probe.probe import probe
from ops.smoke.scene import Scene
from ops.trouble.search import search_trouble
from ops.trouble.trouble import Trouble

PAUSE_SECONDS = 3.0


def indexes_can_be_read(scene: Scene) -> str:
    """Opens every index. A refusal is asked again: access policies take up to a minute to act."""
    started = time.monotonic()
    for consumer in scene.stack.consumers():
        while True:
            try:
                count = scene.stack.search().count(index=consumer.index)["count"]
                scene.say(f"{consumer.index}: {count:,} documents")
                break
            except TransportError as error:
                if error.args[0] not in (401, 403) or time.monotonic() - started > scene.patience.arrival:
                    raise search_trouble(error, scene.where(consumer)) from None
                scene.say(f"{consumer.index} refuses: a new access policy takes up to a minute to act")
                scene.sleep(PAUSE_SECONDS)
    return " and ".join(consumer.index for consumer in scene.stack.consumers())


def the_collection_keeps_its_promises(scene: Scene) -> str:
    """Runs the probe."""
    stack = scene.stack

    def open_index(name: str) -> BulkTransport:
        return BulkTransport(endpoint=stack.search_endpoint, index=name, region=stack.region)

    passed = 0
    places = [scene.where(consumer) for consumer in stack.consumers()]
    for finding in probe(stack.search(), open_index, places, wait_seconds=scene.patience.arrival):
        scene.say(finding.check)
        if not finding.ok:
            raise Trouble(
                f"{finding.check}: {finding.detail}",
                cause="the collection doesn't keep a promise that the sync relies on",
                cure=finding.advice or f"More about it: {scene.command('probe')}",
            )
        passed += 1
    return f"{passed} of {passed} promises that the sync relies on"
