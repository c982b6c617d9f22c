"""Delivers an event's invocation record to the destination of its end; raises when it can't, and it is tried again."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from local.runners.asynchronous.event import Ended
from local.runners.asynchronous.invocation_record import bus_entry, invocation_record
from local.runners.asynchronous.settings import AsynchronousSettings


@dataclass(frozen=True, kw_only=True)
class Destinations:
    """One function's destinations. `client` makes a boto3 client from a service's name, at the start only."""

    settings: AsynchronousSettings
    client: Callable[[str], Any]
    _senders: dict[str, Callable[[dict[str, Any], Ended], None]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Looks both destinations up. ValueError for an ARN of another kind, or an event source without a name."""
        for arn in filter(None, (self.settings.on_success_arn, self.settings.on_failure_arn)):
            self._senders[arn] = self._sender(arn)

    def deliver(self, ended: Ended, now: float) -> bool:
        """Sends the record; False when there is no destination for this end."""
        succeeded = ended.condition == "Success"
        arn = self.settings.on_success_arn if succeeded else self.settings.on_failure_arn
        if arn is None:
            return False
        self._senders[arn](invocation_record(ended, self.settings, now), ended)
        return True

    def _sender(self, arn: str) -> Callable[[dict[str, Any], Ended], None]:
        service, account, name = arn.split(":")[2], arn.split(":")[4], arn.split(":")[-1]
        if service not in ("sqs", "sns", "events", "lambda"):
            raise ValueError(f"destination {arn} of {self.settings.function_name}: a {service} is not emulated")
        client = self.client(service)
        if service == "sqs":
            url = f"{client.meta.endpoint_url}/{account}/{name}"  # asking for it is a right that nobody gives
            return lambda record, _: client.send_message(QueueUrl=url, MessageBody=json.dumps(record))
        if service == "sns":
            return lambda record, _: client.publish(TopicArn=arn, Message=json.dumps(record))
        if service == "lambda":
            return lambda record, _: client.invoke(
                FunctionName=arn, InvocationType="Event", Payload=json.dumps(record).encode()
            )
        return lambda record, ended: _put(client, bus_entry(record, ended, self.settings, arn))


def _put(client: Any, entry: dict[str, Any]) -> None:
    answer = client.put_events(Entries=[entry])
    if answer["FailedEntryCount"]:
        raise RuntimeError(f"EventBridge refused the record: {answer['Entries'][0].get('ErrorCode')}")
