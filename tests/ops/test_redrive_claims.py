"""A redrive ends with 0 only where nothing waits any more: a seeded fault for each way to be wrong."""

import json
from collections.abc import Callable

import pytest

from ops.commands.redrive import conclude
from ops.errors import UsageError
from ops.identity import check_targets
from ops.redrive.run import Choice
from ops.stack import Stack
from ops.trouble.trouble import Trouble
from tests.fakes import Fault
from tests.ops.redrive_fakes import Message
from tests.ops.redrive_rig import RedriveRig
from tests.ops.test_verify_claims import OUTPUTS, PairStack
from tests.ops.verify_rig import Pair


def run(rig: RedriveRig, **choice: object) -> int:
    redrive = rig.redrive(**choice)
    return conclude(redrive(), redrive.choice, rerun="verify --repair", as_json=False)


def test_nothing_waits_and_that_is_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(RedriveRig()) == 0
    assert capsys.readouterr().out == "Nothing waits for sync.\n"


def held(rig: RedriveRig) -> None:
    rig.sqs.messages[rig.park(rig.change("b"))].visible_at = rig.clock.now + 300


def foreign(rig: RedriveRig) -> None:
    rig.sqs.send("what a later version has parked")


def poison(rig: RedriveRig) -> None:
    rig.park(rig.change("b", poison={"S": "secret"}))


def trimmed(rig: RedriveRig) -> None:
    number = rig.change("b")
    rig.fail(number, number)
    rig.stream.trimmed = number


def undeletable(rig: RedriveRig) -> None:
    rig.sqs.undeletable = {rig.park(rig.change("b"))}


def unanswered(rig: RedriveRig) -> None:
    rig.park(rig.change("b"))
    rig.index.faults.extend([Fault(status=503)] * 1_000)


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (held, "1 are held by another reader"),
        (foreign, "1 are neither parked records"),
        (poison, "still fails: mapper_parsing_exception"),
        (trimmed, "Run instead: verify --repair"),
        (undeletable, "still fails: not_deleted"),
        (unanswered, "Stopped: not one write was answered"),
    ],
)
def test_what_is_left_ends_with_1_and_says_what_it_is(
    fault: Callable[[RedriveRig], None], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    rig = RedriveRig()
    fault(rig)
    assert run(rig) == 1
    printed = capsys.readouterr()
    assert says in printed.out + printed.err
    assert "Nothing waits" not in printed.out


def test_what_another_reader_has_settled_meanwhile_is_not_held() -> None:
    rig = RedriveRig()
    rig.park(rig.change("a"))
    rig.sqs.messages["other"] = Message(body="x", visible_at=rig.clock.now + 300)

    def settle() -> None:
        del rig.sqs.messages["other"]

    rig.sqs.before_delete = settle
    assert run(rig) == 0


def test_a_reason_that_nothing_has_is_wrong_usage_and_names_those_that_there_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    rig = RedriveRig()
    rig.park(rig.change("a"))
    with pytest.raises(UsageError, match=r"reason typo.* 1 wait for others: mapper_parsing_exception"):
        run(rig, reasons=frozenset({"typo"}))
    typo = frozenset({"typo"})
    with pytest.raises(UsageError):
        conclude(rig.run(reasons=typo), Choice(reasons=typo), rerun="", as_json=True)
    assert json.loads(capsys.readouterr().out)["found"] == 0
    assert run(rig, reasons=frozenset({"mapper_parsing_exception"})) == 0


def test_no_redrive_writes_by_the_items_of_another_table() -> None:
    stack: Stack = PairStack(name="dev", outputs=OUTPUTS, pair=Pair())
    check_targets(stack, stack.consumer("sync_kinesis_stream"))
    other = OUTPUTS | {"table_stream_arn": str(OUTPUTS["table_stream_arn"]).replace("000000000000", "111111111111")}
    stack = PairStack(name="dev", outputs=other, pair=Pair())
    with pytest.raises(Trouble, match="the stack's is"):
        check_targets(stack, stack.consumer("sync_kinesis_stream"))
