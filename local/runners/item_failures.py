"""Reads which records a function reports as failed: the rules of `ReportBatchItemFailures` that all sources share."""

import json


def reported_identifiers(payload: bytes) -> list[object] | None:
    """Returns each reported `itemIdentifier`, None in place of one that is missing; None: the answer can't be read.

    An empty or null answer or list reports nothing. An answer that is no JSON object can't be read: AWS doesn't say
    what it means, and so it can't lose a record. Sources:
    https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    """
    if not payload.strip():
        return []
    try:
        answer = json.loads(payload)
    except (ValueError, RecursionError):
        return None
    if answer is None or answer == "":
        return []
    if not isinstance(answer, dict):
        return None
    failures = answer.get("batchItemFailures")
    if failures is None:
        return []
    if not isinstance(failures, list):
        return None
    return [failure.get("itemIdentifier") if isinstance(failure, dict) else None for failure in failures]
