"""What the flows act with: a local stack, its root, its operator, and the log of what it refuses."""

import contextlib
import io
import json
import re
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import requests

from demo.checks import document
from demo.item_json import to_item
from demo.load import ItemApi
from local.layout import ROOT, Layout
from local.services.aws_client import aws_client
from local.services.ministack import REGION
from local.services.roles import Role
from ops.__main__ import main
from ops.stack import Stack

_REFUSED = re.compile(r"refused: (\S+) may not (\S+) on (\S+)")


class Rig:
    """One running stack; `DRIFTLESS_LOCAL_DIRECTORY` names its folder, so that `--stack local` means it."""

    def __init__(self, outputs: Mapping[str, Any], scratch: Path) -> None:
        """`scratch` is a folder for the commands' files."""
        self.outputs = dict(outputs)
        self.scratch = scratch
        self.stack = Stack(name="local", outputs=self.outputs)
        self.api = ItemApi(self.outputs["api_url"])
        self._clients: dict[str, Any] = {}
        self._poison: list[str] = []
        self._orphans: list[str] = []

    def root(self, service: str) -> Any:
        """Returns a client that may do everything."""
        if service not in self._clients:
            self._clients[service] = aws_client(self.outputs["aws_endpoint_url"], REGION, service)
        return self._clients[service]

    def role(self, role_arn: str, **who: str) -> Role:
        """Takes a role anew, for a service of AWS or a person."""
        return Role(self.outputs["aws_endpoint_url"], REGION, role_arn, **who)

    def put(self, **attributes: Any) -> str:
        """Writes an item under a new id."""
        item_id = str(attributes.pop("id", f"right-{uuid.uuid4().hex[:12]}"))
        item = to_item({"id": item_id, **attributes})
        self.root("dynamodb").put_item(TableName=self.outputs["table_name"], Item=item)
        return item_id

    def poison(self) -> str:
        """Writes an item that both indexes refuse (`prepare_indexes`), until `mend`."""
        self._poison.append(self.put(place={"is": "a map"}))
        return self._poison[-1]

    def mend(self) -> None:
        """Makes every poison an item like others, and removes what is left of orphans."""
        while self._poison:
            self.put(id=self._poison.pop(), place="mended")
        while self._orphans:
            requests.delete(self._orphans.pop(), params={"refresh": "true"}, timeout=10)

    def delete(self, item_id: str) -> None:
        """Deletes an item."""
        self.root("dynamodb").delete_item(TableName=self.outputs["table_name"], Key={"id": {"S": item_id}})

    def document(self, consumer: str, item_id: str) -> dict[str, Any] | None:
        """Reads a document of the consumer's index."""
        return document(self.outputs, self.outputs["indexes"][consumer], item_id)

    def orphan(self, consumer: str) -> str:
        """Writes an old document that has no item. Returns its id."""
        item_id = f"orphan-{uuid.uuid4().hex[:12]}"
        self._orphans.append(f"{self.outputs['opensearch_url']}/{self.outputs['indexes'][consumer]}/_doc/{item_id}")
        old = {"version": "1", "version_type": "external", "refresh": "true"}
        requests.put(self._orphans[-1], json={}, params=old, timeout=10).raise_for_status()
        return item_id

    def invoke(self, function: str, event: Any) -> Any:
        """Invokes as Lambda does for a mapping. Returns the answer."""
        answer = self.root("lambda").invoke(FunctionName=function, Payload=json.dumps(event).encode())
        return json.loads(answer["Payload"].read())

    def messages(self, queue_url: str) -> list[str]:
        """Reads up to ten bodies that a queue shows, and leaves them there."""
        answer = self.root("sqs").receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10, VisibilityTimeout=0)
        return [each["Body"] for each in answer.get("Messages", [])]

    def empty(self, queue_url: str) -> None:
        """Deletes what a queue shows."""
        sqs = self.root("sqs")
        while messages := sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10).get("Messages", []):
            for message in messages:
                sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])

    def count(self, queue_url: str, *, kinds: tuple[str, ...] = ("", "NotVisible", "Delayed")) -> int:
        """Counts the messages of a queue, those that nobody sees included."""
        names = [f"ApproximateNumberOfMessages{kind}" for kind in kinds]
        answer = self.root("sqs").get_queue_attributes(QueueUrl=queue_url, AttributeNames=names)
        return sum(int(answer["Attributes"][name]) for name in names)

    def queue_url(self, name: str) -> str:
        """Returns the URL of a queue by its name or ARN."""
        return str(self.root("sqs").get_queue_url(QueueName=name.rpartition(":")[2])["QueueUrl"])

    def ops(self, *arguments: str) -> tuple[int, str]:
        """Runs `python -m ops` as the operator. Returns its exit code, and what it printed."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main([*arguments, "--stack", "local"])
        return code, out.getvalue()

    def start_ops(self, *arguments: str) -> "subprocess.Popen[bytes]":
        """Starts `python -m ops` as the operator, in a process of its own."""
        command = [sys.executable, "-m", "ops", *arguments, "--stack", "local"]
        with (self.scratch / "ops.log").open("ab") as log:
            return subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)

    def refusals(self, position: int) -> Iterator[tuple[str, str]]:
        """Yields role and action of each refusal after a position of the log."""
        with self._log.open("rb") as log:
            log.seek(position)
            for found in _REFUSED.finditer(log.read().decode(errors="replace")):
                yield found[1], found[2]

    def log_position(self) -> int:
        """Returns where the log ends now."""
        return self._log.stat().st_size

    @property
    def _log(self) -> Path:
        return Layout().log("aws")
