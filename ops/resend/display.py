"""Shows a resending to a person: how far it is, and the report in words."""

import sys

from ops.resend.report import End, ResendReport

EXAMPLES = 5
_LEFT = {
    End.PENDING: "were sent and are not settled yet: run this again later, nothing is sent twice",
    End.BUSY: "are being worked on, or will be: run this again later",
    End.POISON: "name no request, so nothing can be sent again: --drop-poison deletes them",
    End.NOT_JSON: "are not JSON: send another request in their place, with --id and --mend",
    End.NOT_SENT: "could not be sent",
    End.NOT_DELETED: "are settled and could not be deleted: run this again",
    End.FAILED_AGAIN: "failed again and come back as new failures",
}


def shown_progress(report: ResendReport) -> str:
    """Says how far it is."""
    return f"{report.sent} sent, {report.ends.total()} ended"


def print_resend_report(report: ResendReport) -> None:
    """Prints the report on standard output."""
    if not report.ends and not (report.skipped or report.foreign or report.held or report.stopped):
        print("No failed analyses wait.")
    for (reason, end), count in sorted(report.ends.items()):
        print(f"{count:>8}  {end:<13} {reason}")
    for end, what in _LEFT.items():
        left = [request for request in report.requests if request["end"] == end]
        if left:
            names = ", ".join(
                f"{request['request_id'] or request['message']}{_why(request)}" for request in left[:EXAMPLES]
            )
            print(f"{sum(n for (_, e), n in report.ends.items() if e is end):>8}  {what}: {names}")
    if report.skipped:
        print(f"{report.skipped} were not chosen and left alone.")
    if report.foreign:
        print(f"{report.foreign} are no failures of analyses, as far as this version knows: left alone.")
    if report.held:
        print(f"{report.held} are held by another reader, or a run that was killed: run this again in 10 minutes.")
    if report.unseen:
        names = ", ".join(report.unseen[:EXAMPLES])
        print(f"{len(report.unseen)} have failed again since, and that failure was not met here: {names}")
    if report.limit_reached:
        print("There may be more: the limit was reached.")
    if report.stopped:
        print(f"Stopped: {report.stopped}.", file=sys.stderr)


def _why(request: dict[str, object]) -> str:
    return f" ({request['now']})" if request.get("now") else ""
