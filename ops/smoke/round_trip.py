"""One item's life as a caller sees it: created, found by a search, changed, deleted; a check each, an item each."""

import time

from opensearchpy.exceptions import NotFoundError, TransportError

from ops.smoke.arrival import wait_for_arrival
from ops.smoke.scene import Attributes, Scene
from ops.trouble.trouble import Trouble

PAUSE_SECONDS = 1.0


def a_new_item_arrives(scene: Scene) -> str:
    """Creates an item through the API, and sees it in every index."""
    return f"in every index {_created(scene, 'create')[1]:.1f} s after the API's answer"


def a_search_finds_it(scene: Scene) -> str:
    """Creates an item with a word of its own, and searches that word through the API, by the readers' alias."""
    word = f"smoke{scene.run_id}"
    item = scene.item("search", {"smoke_text": {"S": word}})
    scene.api.create(item)
    started = time.monotonic()
    while item["id"]["S"] not in (found := scene.api.search(word)):
        if time.monotonic() - started > scene.patience.search:
            raise _not_found(scene, len(found))
        scene.say("a serverless collection shows a new document to a search after about 10 s")
        scene.sleep(PAUSE_SECONDS)
    return f"found by GET /search after {time.monotonic() - started:.1f} s"


def a_change_arrives(scene: Scene) -> str:
    """Changes an item that has arrived."""
    item, _ = _created(scene, "update")
    changed = item | {"smoke_text": {"S": "after"}, "smoke_added": {"S": "by PATCH"}}
    scene.api.change(changed)
    lags = wait_for_arrival(scene, {item["id"]["S"]: changed})
    return f"in every index {lags[-1]:.1f} s after the API's answer"


def a_delete_arrives(scene: Scene) -> str:
    """Deletes an item that has arrived: an absent document proves nothing before it was there."""
    item, _ = _created(scene, "delete")
    scene.api.delete(item)
    lags = wait_for_arrival(scene, {item["id"]["S"]: None})
    return f"gone from every index {lags[-1]:.1f} s after the API's answer"


def _created(scene: Scene, name: str) -> tuple[Attributes, float]:
    item = scene.item(name, {"smoke_text": {"S": "before"}})
    scene.api.create(item)
    return item, wait_for_arrival(scene, {item["id"]["S"]: item})[-1]


def _not_found(scene: Scene, found: int) -> Trouble:
    """Tells an item that isn't in the alias's index from one that the search doesn't see."""
    alias = str(scene.stack.outputs.get("reader_alias", "the readers' alias"))
    seen = f"GET /search finds {found} items and not this one after {scene.patience.search:g} s"
    consumer = scene.stack.consumers()[0]
    try:
        behind = scene.stack.search().indices.get_alias(name=alias)
    except TransportError as error:
        cause = "isn't there" if isinstance(error, NotFoundError) else "may point elsewhere: it can't be looked up"
        return Trouble(
            seen, cause=f"the alias {alias} {cause}", cure=f"POST _aliases: let {alias} point at {consumer.index}"
        )
    ours = {each.index for each in scene.stack.consumers()}
    if not ours & set(behind):
        return Trouble(
            seen,
            cause=f"the alias {alias} points at {', '.join(sorted(behind))}, which no consumer fills",
            cure=f"Move it: POST _aliases, remove {alias} there and add it to {consumer.index}",
        )
    return Trouble(
        seen,
        cause=f"the document is in the index behind {alias}, and the search doesn't show it: it refreshes late, "
        "or its shards don't answer",
        cure=f"Give it more time: {scene.command('smoke --search-wait 180')}. If it stays: {scene.command('probe')}",
    )
