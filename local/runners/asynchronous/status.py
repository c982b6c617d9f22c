"""What asynchronous invocation has done so far, for a status view."""

from dataclasses import dataclass

from local.runners.counters import RunnerStatus


@dataclass(frozen=True, kw_only=True)
class AsynchronousStatus(RunnerStatus):
    """A function's asynchronous events at one moment.

    Every accepted event is in the end one of succeeded, given_up or given_back; until then it is running or waiting.
    """

    accepted: int = 0
    attempts: int = 0
    failed_attempts: int = 0
    not_invoked: int = 0
    succeeded: int = 0
    given_up: int = 0
    given_back: int = 0
    records_sent: int = 0
    destination_failures: int = 0
    waiting: int = 0


@dataclass(frozen=True, kw_only=True)
class PipeStatus(RunnerStatus):
    """A pipe at one moment. A message that comes again counts again."""

    messages_received: int = 0
    messages_handed_over: int = 0
    failures: int = 0
    """Rounds that failed: the messages stay in the queue and come again."""
