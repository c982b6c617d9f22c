"""The promises that the sync rests on, each asked by practice: a manual doesn't say whether they are kept."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from changefeed.plan.document_id import LONGEST_ID_BYTES
from changefeed.write.bulk_answer import CONFLICT_ERROR, ItemVerdict, Verdict
from ops.probe.scratch import Scratch

NOT_SAFE = "Don't run the sync against this target: a late or repeated change would overwrite a newer one."


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One check's result. `advice` says what to do and is empty when it is ok."""

    check: str
    ok: bool
    detail: str
    advice: str = ""

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return asdict(self)


Check = Callable[[Scratch], Finding]


def older_version_is_refused(scratch: Scratch) -> Finding:
    """Version 2, then version 1."""
    first = scratch.index_document("versions", 2)
    return _refusal("an older version is refused", first, scratch.index_document("versions", 1))


def equal_version_is_refused(scratch: Scratch) -> Finding:
    """Version 2 twice: a request that timed out and is applied later must find its version taken."""
    first = scratch.index_document("equal", 2)
    return _refusal("an equal version is refused", first, scratch.index_document("equal", 2))


def newer_version_is_accepted(scratch: Scratch) -> Finding:
    """Version 2, then version 3."""
    first = scratch.index_document("newer", 2)
    second = scratch.index_document("newer", 3)
    ok = first.verdict is second.verdict is Verdict.DONE
    return _finding(
        "a newer version is accepted", ok, _said(first, second), "The index does not take writes: see its log."
    )


def delete_keeps_older_writes_out(scratch: Scratch) -> Finding:
    """Delete at version 3, then a write of version 2."""
    first = scratch.index_document("deleted", 1)
    deleted = scratch.delete_document("deleted", 3)
    done = first if first.verdict is not Verdict.DONE else deleted
    return _refusal("a delete keeps older writes out", done, scratch.index_document("deleted", 2))


def delete_of_nothing_keeps_older_writes_out(scratch: Scratch) -> Finding:
    """Delete a document that isn't there at version 3, then write version 2: the delete overtook its write."""
    deleted = scratch.delete_document("never-there", 3)
    again = scratch.index_document("never-there", 2)
    return _refusal("so does a delete of a document that isn't there yet", deleted, again)


def conflict_tells_the_current_version(scratch: Scratch) -> Finding:
    """The sync settles two changes of one second by the version in a conflict's answer."""
    first = scratch.index_document("told", 7)
    again = scratch.index_document("told", 5)
    ok = first.verdict is Verdict.DONE and again.current_version == 7
    return _finding(
        "a conflict tells the current version",
        ok,
        f"asked for 7, read {again.current_version} out of the answer",
        "The answers' wording has changed: changes of one second cost a pause each until `changefeed/bulk_answer.py` "
        "knows the new one.",
    )


def own_ids_are_kept(scratch: Scratch) -> Finding:
    """A plain id, one with every letter, and one of the greatest length."""
    room = LONGEST_ID_BYTES - len(scratch.id("").encode())
    refused = []
    for what, name in (("plain", "plain"), ("Unicode", "käse|%25 🧀/?#"), (f"{LONGEST_ID_BYTES} bytes", "x" * room)):
        verdict = scratch.index_document(name, 1)
        found = scratch.read(name) if verdict.verdict is Verdict.DONE else None
        if found is None or found["_id"] != scratch.id(name):
            refused.append(f"{what}: {verdict.error_type or 'not found again'}")
    return _finding(
        "own ids are kept",
        not refused,
        "; ".join(refused) or f"plain, Unicode and {LONGEST_ID_BYTES} bytes",
        "A collection must be of type SEARCH: others make their own ids. The type can't be changed; make a new one.",
    )


CHECKS: tuple[Check, ...] = (
    newer_version_is_accepted,
    older_version_is_refused,
    equal_version_is_refused,
    delete_keeps_older_writes_out,
    delete_of_nothing_keeps_older_writes_out,
    conflict_tells_the_current_version,
    own_ids_are_kept,
)


def _refusal(check: str, first: ItemVerdict, second: ItemVerdict) -> Finding:
    if first.verdict is not Verdict.DONE:
        return _finding(check, False, f"the first write ended as {_word(first)}", "Mend what is reported above first.")
    ok = second.verdict is Verdict.CONFLICT and second.error_type == CONFLICT_ERROR
    return _finding(check, ok, _said(first, second), NOT_SAFE)


def _finding(check: str, ok: bool, detail: str, advice: str) -> Finding:
    return Finding(check=check, ok=ok, detail=detail, advice="" if ok else advice)


def _said(first: ItemVerdict, second: ItemVerdict) -> str:
    return f"first {_word(first)}, then {_word(second)}"


def _word(verdict: ItemVerdict) -> str:
    return verdict.verdict.value if verdict.error_type is None else f"{verdict.verdict.value} ({verdict.error_type})"
