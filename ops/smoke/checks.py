"""The checks, in the order in which they run. One that needs another isn't tried when that one has failed."""

from collections.abc import Callable
from dataclasses import dataclass

from ops.smoke.alarms import alarms_are_there_and_quiet
from ops.smoke.analysis import an_analysis_succeeds
from ops.smoke.burst import a_burst_arrives
from ops.smoke.collection import indexes_can_be_read, the_collection_keeps_its_promises
from ops.smoke.equality import every_index_equals_the_table
from ops.smoke.hostile import hostile_items_arrive
from ops.smoke.letters import no_letter_waits
from ops.smoke.own_items import remove_left_overs
from ops.smoke.round_trip import a_change_arrives, a_delete_arrives, a_new_item_arrives, a_search_finds_it
from ops.smoke.scene import Scene


@dataclass(frozen=True, kw_only=True)
class Check:
    """`run` gives what was seen, or raises `Trouble` or `NotTried`."""

    name: str
    run: Callable[[Scene], str]
    needs: tuple[str, ...] = ()


CHECKS: tuple[Check, ...] = (
    Check(name="left-overs", run=remove_left_overs),
    Check(name="indexes", run=indexes_can_be_read),
    Check(name="probe", run=the_collection_keeps_its_promises, needs=("indexes",)),
    Check(name="create", run=a_new_item_arrives, needs=("indexes",)),
    Check(name="search", run=a_search_finds_it, needs=("create",)),
    Check(name="update", run=a_change_arrives, needs=("create",)),
    Check(name="delete", run=a_delete_arrives, needs=("create",)),
    Check(name="hostile", run=hostile_items_arrive, needs=("create",)),
    Check(name="burst", run=a_burst_arrives, needs=("create",)),
    Check(name="analysis", run=an_analysis_succeeds),
    Check(name="alarms", run=alarms_are_there_and_quiet),
    Check(name="dead-letters", run=no_letter_waits),
    Check(name="verify", run=every_index_equals_the_table, needs=("indexes",)),
)
