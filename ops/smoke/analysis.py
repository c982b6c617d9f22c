"""One analysis through queue, pipe and function, with a result that is known beforehand."""

import time
from typing import Any
from urllib.parse import quote

from ops.dead_letter_queue import DeadLetterQueue
from ops.smoke.check import NotTried
from ops.smoke.scene import Scene
from ops.trouble.trouble import Trouble

PAUSE_SECONDS = 1.0
ROWS, MEAN = 20, 10.5


def an_analysis_succeeds(scene: Scene) -> str:
    """Asks for the mean of 1 to 20, waits for the result, and compares it."""
    if "analysis_queue_url" not in scene.stack.outputs:
        raise NotTried("this stack has no analyses")
    started = time.monotonic()
    rows = [{"number": number} for number in range(1, ROWS + 1)]
    request = {"analysis": "describe", "input": {"type": "rows", "rows": rows}, "plots": False}
    request_id = scene.api.call("POST", "/analyses", expect=202, body=request)["request_id"]
    while True:
        status = scene.api.call("GET", f"/analyses/{quote(request_id, safe='')}", expect=200)
        if status["state"] in ("succeeded", "failed"):
            break
        if time.monotonic() - started > scene.patience.analysis:
            raise _not_settled(scene, str(status["state"]))
        scene.say(f"the request is {status['state']}; the first one starts the largest image")
        scene.sleep(PAUSE_SECONDS)
    if status["state"] == "failed":
        code = status["reason"]["code"]
        raise Trouble(
            f"the analysis failed: {code}",
            cause="the function ran and gave a request up that is right",
            cure=f"docs/analyses.md says what {code} means. {scene.logs('scilearn')}",
        )
    _compare(status)
    return f"accepted, run and answered in {time.monotonic() - started:.1f} s; the result is right"


def _compare(status: dict[str, Any]) -> None:
    columns = status.get("result", {}).get("result", {}).get("columns", {})
    mean = columns.get("number", {}).get("mean")
    if mean != MEAN:
        raise Trouble(
            f"the mean of 1 to {ROWS} is {MEAN}, and the analysis says {mean}",
            cause="the function runs other code than this checkout has",
            cure="Run `pulumi up`: it builds the image again if its code has changed.",
        )


def _not_settled(scene: Scene, state: str) -> Trouble:
    """Follows the request's way: is it still in the queue, or was it handed over?"""
    seen = f"the request is {state} after {scene.patience.analysis:g} s"
    if state == "running":
        return Trouble(
            seen,
            cause="the function has begun and not ended, or an attempt failed and Lambda waits to repeat it",
            cure=f"{scene.logs('scilearn')}. If it only needs longer: {scene.command('smoke --analysis 600')}",
        )
    queue = DeadLetterQueue(client=scene.stack.client("sqs"), url=str(scene.stack.outputs["analysis_queue_url"]))
    if waiting := queue.count():
        return Trouble(
            f"{seen}; {waiting} wait in the queue",
            cause="the pipe takes nothing out of the queue of requests: it is stopped, or its role lacks a right",
            cure="Its state and why: aws pipes describe-pipe --name "
            f"{scene.stack.outputs['functions']['scilearn']}. Then docs/analyses.md, request-age",
        )
    return Trouble(
        f"{seen}; nothing waits in the queue",
        cause="the pipe has handed it over, and the function fails before its first word or has no concurrency",
        cure=f"Its log has the reason: {scene.logs('scilearn')}",
    )
