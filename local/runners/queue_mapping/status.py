"""Counts what the mapping of a queue has done so far."""

from dataclasses import dataclass

from local.runners.counters import RunnerStatus


@dataclass(frozen=True, kw_only=True)
class QueueMappingStatus(RunnerStatus):
    """A mapping at one moment. A message that comes again counts again.

    Every received message is in the end deleted or returned, which is: left in the queue, where it comes again or goes
    to the dead letters. Until then it is pending. A message that its queue still delays is none of these.
    """

    messages_received: int = 0
    messages_deleted: int = 0
    messages_returned: int = 0
    invocations: int = 0
    failed_invocations: int = 0
    partial_failures: int = 0
    not_invoked: int = 0
    poll_failures: int = 0
    pending_messages: int = 0
