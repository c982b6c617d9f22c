"""Tries out each promise that the sync relies on: no manual says whether a collection keeps it."""

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
        """Gives it as plain values, for JSON."""
        return asdict(self)


Check = Callable[[Scratch], Finding]


def older_version_is_refused(scratch: Scratch) -> Finding:
    """Writes version 2, then version 1."""
    first = scratch.index_document("versions", 2)
    return _refusal("an older version is refused", first, scratch.index_document("versions", 1))


def equal_version_is_refused(scratch: Scratch) -> Finding:
    """Writes version 2 twice: a request that timed out and is applied later must find its version taken."""
    first = scratch.index_document("equal", 2)
    return _refusal("an equal version is refused", first, scratch.index_document("equal", 2))


def newer_version_is_accepted(scratch: Scratch) -> Finding:
    """Writes version 2, then version 3."""
    first = scratch.index_document("newer", 2)
    second = scratch.index_document("newer", 3)
    ok = first.verdict is second.verdict is Verdict.DONE
    return _finding(
        "a newer version is accepted", ok, _said(first, second), "The index does not take writes: see its log."
    )


def delete_keeps_older_writes_out(scratch: Scratch) -> Finding:
    """Deletes at version 3, then writes version 2."""
    first = scratch.index_document("deleted", 1)
    deleted = scratch.delete_document("deleted", 3)
    done = first if first.verdict is not Verdict.DONE else deleted
    return _refusal("a delete keeps older writes out", done, scratch.index_document("deleted", 2))


def delete_of_nothing_keeps_older_writes_out(scratch: Scratch) -> Finding:
    """Deletes an absent document at version 3, then writes version 2: the delete has overtaken its write."""
    deleted = scratch.delete_document("never-there", 3)
    again = scratch.index_document("never-there", 2)
    return _refusal("so does a delete of a document that isn't there yet", deleted, again)


def deletes_are_remembered_for_an_hour(scratch: Scratch) -> Finding:
    """Sets `gc_deletes` and reads it back. Either answer is safe: the second delete needs no memory."""
    check = "how long deletes are remembered"
    if not scratch.own_index:
        return _finding(check, True, "not tried: this caller may not create an index to set it on", "")
    remembered = scratch.set_memory_of_deletes("1h")
    if remembered == "1h":
        return _finding(check, True, "an hour, as the sync's indexes ask for", "")
    return _finding(
        check, True, f"it can't be set ({remembered}): what a late request brings back stays for up to 15 minutes", ""
    )


def conflict_names_the_current_version(scratch: Scratch) -> Finding:
    """Reads the version out of a conflict's answer: the sync settles two changes of one second by it."""
    first = scratch.index_document("named", 7)
    again = scratch.index_document("named", 5)
    ok = first.verdict is Verdict.DONE and again.current_version == 7
    return _finding(
        "a conflict names the current version",
        ok,
        f"wanted 7, read {again.current_version} in the answer",
        "The answers' wording has changed: changes of one second cost a pause each until "
        "`changefeed/write/bulk_answer.py` knows the new one.",
    )


def own_ids_are_kept(scratch: Scratch) -> Finding:
    """Writes and reads a plain id, one with every kind of letter, and one of the greatest length."""
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
        "A collection must be of type SEARCH: others make their own ids. The type can't be changed: create a new one.",
    )


def documents_are_read_in_real_time(scratch: Scratch) -> Finding:
    """Reads a version right after its write by `_mget`: verify does, and the function that looks at deletes again."""
    check = "documents are read in real time"
    first = scratch.index_document("read", 5)
    if first.verdict is not Verdict.DONE:
        return _finding(check, False, f"the write ended as {_word(first)}", "Repair what is reported above first.")
    found = scratch.version_by_mget("read")
    return _finding(
        check,
        found == 5,
        f"wanted version 5, _mget gave {found}",
        "Verify would compare old states, and second deletes would miss what has come back: tell this project.",
    )


def ids_can_be_walked(scratch: Scratch) -> Finding:
    """Searches in the order of `_id`, in a point in time and without one; verify needs one of the two."""
    answers = {"in a point in time": scratch.walk_by_id(in_time=True), "by plain searches": scratch.walk_by_id()}
    ways = [way for way, refusal in answers.items() if refusal is None]
    refused = "; ".join(f"{way}: {refusal}" for way, refusal in answers.items() if refusal is not None)
    return _finding(
        "documents can be walked by their ids",
        bool(ways),
        f"{ways[0]}" + (f" ({refused})" if refused else "") if ways else refused,
        "Verify can't compare this index: it needs aoss:ReadDocument, and indices.id_field_data.enabled not off.",
    )


CHECKS: tuple[Check, ...] = (
    newer_version_is_accepted,
    older_version_is_refused,
    equal_version_is_refused,
    delete_keeps_older_writes_out,
    delete_of_nothing_keeps_older_writes_out,
    deletes_are_remembered_for_an_hour,
    conflict_names_the_current_version,
    own_ids_are_kept,
    documents_are_read_in_real_time,
    ids_can_be_walked,
)


def _refusal(check: str, first: ItemVerdict, second: ItemVerdict) -> Finding:
    if first.verdict is not Verdict.DONE:
        return _finding(
            check, False, f"the first write ended as {_word(first)}", "Repair what is reported above first."
        )
    ok = second.verdict is Verdict.CONFLICT and second.error_type == CONFLICT_ERROR
    return _finding(check, ok, _said(first, second), NOT_SAFE)


def _finding(check: str, ok: bool, detail: str, advice: str) -> Finding:
    return Finding(check=check, ok=ok, detail=detail, advice="" if ok else advice)


def _said(first: ItemVerdict, second: ItemVerdict) -> str:
    return f"first {_word(first)}, then {_word(second)}"


def _word(verdict: ItemVerdict) -> str:
    return verdict.verdict.value if verdict.error_type is None else f"{verdict.verdict.value} ({verdict.error_type})"
