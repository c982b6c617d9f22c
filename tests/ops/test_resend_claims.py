"""A resending ends with 0 only where all that was chosen has succeeded: a seeded fault for each way to be wrong."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from ops.commands.resend import conclude
from ops.errors import OpsError, UsageError
from tests.ops.resend_rig import ResendRig, request_id


def run(rig: ResendRig, **choice: Any) -> int:
    return conclude(rig.operator(**choice), as_json=False)


def test_all_that_failed_succeeds_and_then_nothing_waits(capsys: pytest.CaptureFixture[str]) -> None:
    rig = ResendRig()
    rig.fail(2)
    assert run(rig) == 0
    capsys.readouterr()
    assert run(rig) == 0
    assert capsys.readouterr().out == "No failed analyses wait.\n"


def held(rig: ResendRig) -> None:
    rig.failures.messages["message-00001"].visible_at = rig.clock.now + 1_000


def held_unhanded(rig: ResendRig) -> None:
    rig.letters.send("{}")
    rig.letters.messages["message-00001"].visible_at = rig.clock.now + 1_000


def foreign(rig: ResendRig) -> None:
    rig.failures.send("what a later version has sent")


def fails_again(rig: ResendRig) -> None:
    rig.broken = True


def stands_still(rig: ResendRig) -> None:
    rig.is_consuming = False


def queue_refuses(rig: ResendRig) -> None:
    rig.sqs.refusal = "AccessDenied"


def newer_failure_is_gone(rig: ResendRig) -> None:
    """It was sent again and failed again, and that newer failure is in none of the queues any more."""
    older = rig.failures.messages["message-00001"].body
    rig.broken = True
    rig.ends()
    rig.failures.messages.clear()
    rig.failures.send(older)


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (held, "1 are held by another reader"),
        (held_unhanded, "1 are held by another reader"),
        (foreign, "1 are no failures of analyses"),
        (fails_again, "failed again and come back"),
        (stands_still, "were sent and are not settled yet"),
        (queue_refuses, "could not be sent"),
        (newer_failure_is_gone, "1 have failed again since, and that failure was not met here"),
    ],
)
def test_what_is_left_ends_with_1_and_says_what_it_is(
    fault: Callable[[ResendRig], None], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    rig = ResendRig()
    rig.fail(1)
    fault(rig)
    assert run(rig) == 1
    assert says in capsys.readouterr().out


def test_a_newer_failure_that_is_settled_makes_up_for_the_older_one() -> None:
    rig = ResendRig()
    rig.fail(1)
    older = rig.failures.messages["message-00001"].body
    rig.broken = True
    rig.ends()
    rig.broken = False
    rig.failures.send(older)
    assert run(rig) == 0


def test_an_id_that_nothing_has_is_wrong_usage_with_the_cause(capsys: pytest.CaptureFixture[str]) -> None:
    rig = ResendRig()
    rig.fail(1)
    with pytest.raises(UsageError, match="status table doesn't know it"):
        run(rig, only_id="typo")
    with pytest.raises(UsageError, match="status table doesn't know it"):
        run(rig, only_id="typo", dry_run=True)
    with pytest.raises(UsageError):
        conclude(rig.operator(only_id="typo"), as_json=True)
    printed = capsys.readouterr().out  # the service's log lines of this process come before it
    assert json.loads(printed[printed.index("{\n") :])["found"] == 0


def test_an_id_without_a_message_is_told_by_its_status(capsys: pytest.CaptureFixture[str]) -> None:
    rig = ResendRig()
    rig.ask(1)
    assert run(rig, only_id=request_id(1)) == 0
    assert "has succeeded: there is nothing to send again" in capsys.readouterr().err
    rig.ask(2, ok=False)
    rig.failures.messages.clear()
    with pytest.raises(OpsError, match="in no queue any more"):
        run(rig, only_id=request_id(2))
    rig.table.items[request_id(2)]["state"] = {"S": "running"}
    with pytest.raises(OpsError, match="it is running"):
        run(rig, only_id=request_id(2))


def test_a_reason_that_nothing_has_is_wrong_usage_and_names_those_that_there_are() -> None:
    rig = ResendRig()
    rig.fail(1)
    with pytest.raises(UsageError, match="1 wait, for bad_columns"):
        run(rig, reasons=frozenset({"typo"}))
