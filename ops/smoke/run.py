"""START HERE: runs one check after the other, and cleans up whatever ends the run."""

import contextlib
import time
from collections.abc import Callable, Sequence

from opensearchpy.exceptions import OpenSearchException, TransportError

from changefeed.errors import SyncError
from local.ending import undisturbed
from ops.errors import OpsError
from ops.smoke.arrival import wait_for_arrival
from ops.smoke.check import Finding, NotTried, State
from ops.smoke.checks import CHECKS, Check
from ops.smoke.letters import count_letters
from ops.smoke.own_items import delete_items
from ops.smoke.scene import Scene
from ops.smoke.why_behind import local_feeds
from ops.trouble.aws import AWS_TROUBLE, aws_trouble
from ops.trouble.search import search_trouble
from ops.trouble.trouble import Trouble

CLEAN_UP = "clean-up"
REPORTED = (*AWS_TROUBLE, OpenSearchException, SyncError, OpsError)


def smoke(
    scene: Scene, report: Callable[[Finding], None], *, skip: Sequence[str] = (), checks: Sequence[Check] = CHECKS
) -> bool:
    """Runs the checks that aren't skipped, each reported as it ends. True when none has failed.

    This run's items are deleted also when it is interrupted; KeyboardInterrupt then goes on.
    """
    states: dict[str, State] = {}
    in_vain: set[str] = set()
    """What has failed, or wasn't tried because of that."""

    def note(finding: Finding) -> None:
        states[finding.check] = finding.state
        if finding.state is State.FAILED:
            in_vain.add(finding.check)
        report(finding)

    with contextlib.suppress(*REPORTED):  # the check `dead-letters` reports what can't be read
        scene.letters_before = count_letters(scene.stack)
    scene.feeds_before = local_feeds(scene.stack)
    try:
        for check in checks:
            missing = next((need for need in check.needs if need in in_vain), None)
            if check.name in skip:
                note(Finding(check=check.name, state=State.SKIPPED, detail="not asked for"))
            elif missing is not None:
                in_vain.add(check.name)
                detail = f"not tried, because {missing} has not passed"
                note(Finding(check=check.name, state=State.SKIPPED, detail=detail))
            else:
                note(_tried(check.name, check.run, scene))
    finally:
        carried = states.get("create") is State.OK
        with undisturbed():
            note(_tried(CLEAN_UP, lambda scene: _clean_up(scene, wait=carried), scene))
    return State.FAILED not in states.values()


def _tried(name: str, run: Callable[[Scene], str], scene: Scene) -> Finding:
    started = time.monotonic()
    state, detail, cause, cure = State.OK, "", "", ""
    scene.say(name)
    try:
        detail = run(scene)
    except NotTried as reason:
        state, detail = State.SKIPPED, str(reason)
    except Trouble as red:
        state, detail, cause, cure = State.FAILED, red.seen, red.cause, red.cure
    except REPORTED as error:
        state, unexpected = State.FAILED, _unexpected(error)
        detail, cause, cure = unexpected.seen, unexpected.cause, unexpected.cure
    seconds = time.monotonic() - started
    return Finding(check=name, state=state, detail=detail, cause=cause, cure=cure, seconds=seconds)


def _unexpected(error: Exception) -> Trouble:
    """Says what the error says; of OpenSearch's only status and type, because their reasons echo values."""
    seen = f"ended by {type(error).__name__}"
    if isinstance(error, AWS_TROUBLE):
        return aws_trouble("AWS did not do its part", error)
    if isinstance(error, TransportError):
        return search_trouble(error)
    if isinstance(error, OpenSearchException):
        return Trouble(seen, cause="the collection's answer can't be read", cure="Run it again.")
    return Trouble(seen, cause=str(error).rstrip("."), cure="Run it again.")


def _clean_up(scene: Scene, *, wait: bool) -> str:
    """Deletes this run's items. Where changes have arrived, sees them gone from every index, too."""
    if not scene.written:
        return "this run has written nothing"
    delete_items(scene, scene.written)
    if not wait:
        return f"{len(scene.written)} items of this run deleted from the table"
    wait_for_arrival(scene, dict.fromkeys(scene.written))
    return f"{len(scene.written)} items of this run are gone from the table and every index"
