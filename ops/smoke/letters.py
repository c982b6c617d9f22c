"""Counts what waits in every place where failures are kept: dead-letter queues, failure buckets, failed analyses."""

from typing import Any

from ops.dead_letter_queue import DeadLetterQueue
from ops.redrive.failure_objects import PREFIX
from ops.smoke.scene import Scene
from ops.stack import Stack
from ops.trouble.aws import AWS_TROUBLE, aws_trouble
from ops.trouble.trouble import Trouble

SECOND_DELETES, NOT_HANDED_OVER, FAILED_ANALYSES = "second deletes", "analyses not handed over", "failed analyses"
OBJECTS_COUNTED = 1_000


def count_letters(stack: Stack) -> dict[str, int]:
    """Gives place → number of letters; a consumer's place has its name. SQS's and S3's counts are a moment old."""
    sqs = stack.client("sqs")
    counts = dict.fromkeys((consumer.name for consumer in stack.consumers()), 0)
    for consumer in stack.consumers():
        if consumer.dead_letter_queue_url is not None:
            counts[consumer.name] += _waiting(sqs, consumer.dead_letter_queue_url)
        kind, _, bucket = (consumer.failure_destination_arn or "").partition(":::")
        if kind.endswith(":s3"):
            answer = stack.client("s3").list_objects_v2(Bucket=bucket, Prefix=PREFIX, MaxKeys=OBJECTS_COUNTED)
            counts[consumer.name] += int(answer["KeyCount"])
    for place, output in (
        (SECOND_DELETES, "second_delete_dead_letter_queue_url"),
        (NOT_HANDED_OVER, "analysis_dead_letter_queue_url"),
    ):
        if url := stack.outputs.get(output):
            counts[place] = _waiting(sqs, str(url))
    destination = str(stack.outputs.get("analysis_failure_destination", "")).split(":")
    if destination[2:3] == ["sqs"]:
        base = str(stack.outputs["analysis_queue_url"]).rsplit("/", 2)[0]
        counts[FAILED_ANALYSES] = _waiting(sqs, f"{base}/{destination[4]}/{destination[5]}")
    return counts


def no_letter_waits(scene: Scene) -> str:
    """Checks that every place is empty, and tells old letters from those of this run."""
    try:
        counts = count_letters(scene.stack)
    except AWS_TROUBLE as error:
        raise aws_trouble("the places of failures can't be read", error) from None
    full = {place: count for place, count in counts.items() if count}
    if not full:
        return f"all {len(counts)} places of failures are empty"
    place, count = next(iter(full.items()))
    new = max(0, count - scene.letters_before.get(place, 0))
    age = "from before this run" if not new else f"{new} of them since this run began"
    cause, cure = _cause_and_cure(scene, place)
    raise Trouble(f"{', '.join(f'{n} in {name}' for name, n in full.items())}; {age}", cause=cause, cure=cure)


def _waiting(sqs: Any, url: str) -> int:
    queue = DeadLetterQueue(client=sqs, url=url)
    return queue.count() + queue.in_flight()


def _cause_and_cure(scene: Scene, place: str) -> tuple[str, str]:
    if place == SECOND_DELETES:
        return (
            "second deletes failed ten times each: their function fails",
            f"Its log has the reason: {scene.logs('second_delete')}. Then docs/operations.md, dead-deletes",
        )
    if place == NOT_HANDED_OVER:
        return (
            "the pipe could not hand requests for analyses over to their function",
            f"docs/analyses.md, not-handed-over; then {scene.command('resend --dry-run')}",
        )
    if place == FAILED_ANALYSES:
        return "requests for analyses have failed for good", f"Why: {scene.command('resend --dry-run')}"
    return (
        f"records of {place} were parked or given up: the index lacks their last state",
        f"Why: {scene.command(f'redrive {place} --dry-run')}; mend that, then redrive without --dry-run",
    )
