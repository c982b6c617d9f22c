"""A whole asynchronous service in memory: queues, status table, the real claim and settlement, and resendings.

Only the analysis itself is a stand-in, which counts how often it runs for each request.
"""

import itertools
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from ops.dead_letter_queue import DeadLetterQueue
from ops.resend.failed_request import FailurePlace
from ops.resend.mending import Mending
from ops.resend.report import ResendReport
from ops.resend.run import Resend, ResendChoice
from scilearn.errors import AnalysisFailedError, PermanentError, TransientError
from scilearn.service import AnalysisService, Finished
from scilearn.status_table import StatusTable
from tests.fakes import FakeClock
from tests.images.scilearn_fakes import FakeStatusTable, raw_event
from tests.ops.redrive_fakes import FakeSqs
from tests.service_models.fake_client import speaks

REQUESTS, FAILURES, LETTERS = (f"http://sqs/1/scilearn-{name}" for name in ("requests", "failures", "not-handed-over"))
Body = dict[str, Any]


def request_id(number: int) -> str:
    """Makes an id as the API does."""
    return f"1767323045000-Req{number:04d}="


def failure_record(body: str, *, invocation: str, answer: dict[str, Any] | None, condition: str) -> str:
    """Makes what Lambda sends to an on-failure destination."""
    record: dict[str, Any] = {
        "version": "1.0",
        "timestamp": "2026-01-02T03:04:05.000Z",
        "requestContext": {
            "requestId": invocation,
            "functionArn": "arn:aws:lambda:eu-central-1:123456789012:function:scilearn:$LATEST",
            "condition": condition,
            "approximateInvokeCount": 3,
        },
        "requestPayload": raw_event(body),
    }
    if answer is not None:
        record["responsePayload"] = answer
    return json.dumps(record)


@speaks("sqs")
@dataclass(kw_only=True)
class Switchboard:
    """A boto3 SQS client of several queues. `before_send` and `after_send` happen around each SendMessage."""

    queues: dict[str, FakeSqs]
    before_send: Callable[[], None] = lambda: None
    after_send: Callable[[], None] = lambda: None
    refusal: str | None = None

    def send_message(self, **arguments: Any) -> dict[str, Any]:
        self.before_send()
        if self.refusal:
            raise ClientError({"Error": {"Code": self.refusal, "Message": ""}}, "SendMessage")
        message_id = self.queues[arguments["QueueUrl"]].send(arguments["MessageBody"])
        self.after_send()
        return {"MessageId": message_id}

    def get_queue_attributes(self, **arguments: Any) -> Any:
        return self.queues[arguments["QueueUrl"]].get_queue_attributes(**arguments)

    def receive_message(self, **arguments: Any) -> Any:
        return self.queues[arguments["QueueUrl"]].receive_message(**arguments)

    def delete_message_batch(self, **arguments: Any) -> Any:
        return self.queues[arguments["QueueUrl"]].delete_message_batch(**arguments)

    def change_message_visibility_batch(self, **arguments: Any) -> Any:
        return self.queues[arguments["QueueUrl"]].change_message_visibility_batch(**arguments)


@dataclass(kw_only=True)
class ResendRig:
    """`broken` makes every analysis fail; one whose request says `{"ok": false}` fails always."""

    clock: FakeClock = field(default_factory=FakeClock)
    table: FakeStatusTable = field(default_factory=FakeStatusTable)
    runs: Counter[str] = field(default_factory=Counter)
    requests_run: dict[str, Any] = field(default_factory=dict)
    broken: bool = False
    is_consuming: bool = True

    def __post_init__(self) -> None:
        self.sqs = Switchboard(queues={url: FakeSqs(clock=self.clock) for url in (REQUESTS, FAILURES, LETTERS)})
        self.statuses = StatusTable(table_name="scilearn-status", client=lambda: self.table)
        tokens = itertools.count()
        self._invocations = itertools.count(1)
        self.service = AnalysisService(
            table=self.statuses,
            analyse=self._analyse,
            kept_seconds=30 * 86_400,
            maximum_tries=1,
            new_token=lambda: str(next(tokens)),
            now=self.clock,
        )

    @property
    def failures(self) -> FakeSqs:
        """The on-failure destination."""
        return self.sqs.queues[FAILURES]

    @property
    def letters(self) -> FakeSqs:
        """What was not handed over."""
        return self.sqs.queues[LETTERS]

    @property
    def waiting(self) -> list[Body]:
        """Messages that nobody has taken yet."""
        return [json.loads(message.body) for message in self.sqs.queues[REQUESTS].messages.values()]

    def ask(self, number: int, *, ok: bool = True) -> str:
        """Sends a request as the API does, and plays all that follows."""
        body = {"request_id": request_id(number), "accepted_at": 1767323045000, "request": {"ok": ok}}
        self.sqs.queues[REQUESTS].send(json.dumps(body))
        self.deliver()
        return request_id(number)

    def fail(self, count: int) -> list[str]:
        """Makes requests that failed once and could succeed now."""
        self.broken = True
        made = [self.ask(number) for number in range(count)]
        self.broken = False
        self.runs.clear()
        return made

    def deliver(self) -> None:
        """Plays pipe and function: each message is an invocation, a failure goes to the destination."""
        requests = self.sqs.queues[REQUESTS].messages
        while requests:
            self.invoke(requests.pop(next(iter(requests))).body)

    def invoke(self, body: str) -> None:
        """Plays one asynchronous invocation to its end."""
        invocation = f"invocation-{next(self._invocations)}"
        try:
            self.service.handle(raw_event(body), invocation_id=invocation, seconds_left=60.0)
        except (AnalysisFailedError, TransientError) as error:
            answer = {"errorMessage": str(error), "errorType": type(error).__name__}
            record = failure_record(body, invocation=invocation, answer=answer, condition="RetriesExhausted")
            self.failures.send(record)

    def sleep(self, seconds: float) -> None:
        """Lets time pass, in which the service works."""
        if self.is_consuming:
            self.deliver()
        self.clock.sleep(seconds)

    def operator(self, mending: Mending | None = None, **choice: Any) -> Resend:
        """Makes a resending that an operator could start now."""
        urls = {FailurePlace.DESTINATION: FAILURES, FailurePlace.NOT_HANDED_OVER: LETTERS}
        return Resend(
            queues={place: DeadLetterQueue(client=self.sqs, url=url, clock=self.clock) for place, url in urls.items()},
            read=self.statuses.read,
            send=lambda body: self.sqs.send_message(QueueUrl=REQUESTS, MessageBody=body),
            choice=ResendChoice(**choice),
            mending=mending or Mending(),
            report=ResendReport(dry_run=bool(choice.get("dry_run"))),
            now=self.clock,
            sleep=self.sleep,
        )

    def ends(self, mending: Mending | None = None, **choice: Any) -> dict[str, int]:
        """Runs a whole resending. Returns how many ended how."""
        counts: Counter[str] = Counter()
        for (_, end), count in self.operator(mending, **choice)().ends.items():
            counts[end] += count
        return dict(counts)

    def state(self, number: int) -> str | None:
        """Reads a request's state in the status table."""
        record = self.statuses.read(request_id(number))
        return record.state if record else None

    def _analyse(self, name: str, request: Any, _seconds_left: float) -> Finished:
        self.runs[name] += 1
        self.requests_run[name] = request
        if self.broken or not request.get("ok"):
            raise PermanentError("bad_columns", "There is no such column.")
        return Finished(analysis="describe", result={"bucket": "results", "keys": []}, rows={})
