"""Mutations that an audit made and no test noticed: each test kills the one in its docstring."""

from collections.abc import Callable, Mapping
from typing import Any

from changefeed.batch_judgement import rejection_of
from changefeed.decode.dynamodb_record import decode_dynamodb_record
from changefeed.plan.fold import plan
from changefeed.plan.rejection import Rejection
from changefeed.write.write_result import Outcome, WriteResult
from tests.changefeed.consumer_rig import Rig
from tests.changefeed.records import item, kinesis_record, stream_record
from tests.fakes import NOW, FakeTable


def test_a_tie_won_by_a_remove_is_read() -> None:
    """Fold: a tie keeps a REMOVE. In milliseconds the delete was first, and its record arrives last."""
    rig = Rig(feed="kinesis_stream")
    put = item("a", n={"N": "2"})
    rig.table.put(put)
    rig.invoke(
        [
            kinesis_record(put, number=100, precision=None),
            kinesis_record(item("a"), number=101, operation="REMOVE", precision=None),
        ]
    )
    assert "a" in rig.index.documents


def test_what_is_in_flight_when_time_is_up_is_reported() -> None:
    """Begun writes: those in flight are left out of the writes without a result."""
    rig = Rig()
    rig.table.put(item("a"))
    actions, _ = plan([decode_dynamodb_record(stream_record(item("a"), number=7))])
    begun = rig.writer.begin(actions, lambda: 10.0)
    results = rig.writer.finish(begun, lambda: 1.0)
    assert [result.action.document_id for result in results] == ["a"]


def test_a_slow_read_does_not_hide_a_change_of_its_second() -> None:
    """Writer: the time of a read is taken after it. The read takes 7 s, and n=3 comes in between."""
    rig = Rig()

    def slow(
        read: Callable[[Mapping[str, Any], Any], Mapping[str, Any]],
    ) -> Callable[[Mapping[str, Any], Any], Mapping[str, Any]]:
        def read_items(keys: Mapping[str, Any], seconds_left: Any) -> Mapping[str, Any]:
            found = read(keys, seconds_left)
            rig.table.put(item("a", n={"N": "3"}))
            rig.clock.now += 7
            return found

        return read_items

    rig.table.put(item("a", n={"N": "1"}))
    rig.invoke([stream_record(item("a", n={"N": "1"}), number=1)])
    rig.table.put(item("a", n={"N": "2"}))
    good = rig.writer.read_items
    object.__setattr__(rig.writer, "read_items", slow(good))
    rig.invoke([stream_record(item("a", n={"N": "2"}), number=2)])
    object.__setattr__(rig.writer, "read_items", good)
    rig.invoke([stream_record(item("a", n={"N": "3"}), number=3)])
    assert rig.index.documents["a"][1]["n"] == "3"


def test_a_chain_of_straddlers_moves_the_checkpoint_to_its_first() -> None:
    """Pipeline: straddling rejections looked at from the first. B (5 to 8) straddles 7, A (1 to 6) straddles B's 5."""
    rig = Rig()

    def rejection(first: int, last: int) -> Rejection:
        return Rejection(code="x", message="", raw={}, sequence_number=str(last), first_sequence_number=str(first))

    parked, failed = rig.pipeline._park([rejection(1, 6), rejection(5, 8)], ["7"], lambda: 60.0)
    assert (parked, min(map(int, failed))) == (0, 1)


def test_a_refused_write_stands_for_all_changes_that_were_folded_into_it() -> None:
    """Judgement: the rejection of a refused write names its last change only; parked, the first would come again."""
    records = [stream_record(item("a", n={"N": str(number)}), number=number) for number in (5, 8)]
    (action,), _ = plan([decode_dynamodb_record(record) for record in records])
    assert rejection_of(WriteResult(action, Outcome.REJECTED, "x")).span == (5, 8)


def test_a_record_that_can_not_be_decoded_is_parked_once_however_its_batch_is_divided() -> None:
    """Parts: rejections of the whole batch are in both of its parts."""
    rig = Rig(lead=1)
    records = [stream_record(item(key), number=number) for number, key in enumerate("abc", 1)]
    rig.invoke([*records, stream_record(item("d"), number=4) | {"eventName": "ALTER"}])
    assert rig.queue.sequence_numbers() == ["4"]
    assert rig.queue.messages[0]["reason"]["message"] == "eventName is not INSERT, MODIFY or REMOVE."
    assert sorted(rig.index.documents) == ["a", "b", "c"]


def test_a_slow_table_does_not_outlast_the_invocation() -> None:
    """Writer: the read isn't told how much time is left. Ten requests of 3 s, in an invocation of 9 s."""

    class SlowTable(FakeTable):
        def batch_get_item(self, *, RequestItems: Mapping[str, Any]) -> dict[str, Any]:
            rig.clock.now += 3
            return super().batch_get_item(RequestItems=RequestItems)

    rig = Rig(table=SlowTable())
    rig.clock.now += 300
    records = [stream_record(item(f"k{number}"), number=number, seconds=NOW) for number in range(1_000)]
    before = rig.clock.now
    assert rig.invoke(records, seconds=9.0)
    # Four requests run at once here, each of which moves the one clock.
    assert rig.clock.now - before < 9 + 4 * 3


def test_a_key_that_can_not_be_an_id_is_parked_with_what_is_wrong() -> None:
    """Rejection: the message is lost, and whoever looks at the queue sees a code only."""
    rig = Rig()
    rig.invoke([stream_record({"id": {"BOOL": True}})])
    reason = rig.queue.messages[0]["reason"]
    assert reason == {"code": "bad_key", "message": "Key attribute 'id' is not a string, number or binary."}
