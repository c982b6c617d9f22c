"""One handler twice, in its container and as a process: the same events, an index and a queue for each, one table."""

import base64
import contextlib
import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import requests
from botocore.exceptions import ClientError, ParamValidationError

from changefeed.create_index import create_index
from infra.sync.settings import ConsumersSettings
from lambda_kit.search_client import create_search_client
from local.layout import ROOT
from local.services.container_engine import ContainerEngine
from local.services.ministack import REGION
from tests.changefeed.records import TABLE
from tests.containers.cases import Case
from tests.containers.conftest import Services
from tests.containers.function_run import FunctionRun, as_a_process, in_a_container
from tests.containers.runtime_api import Answer

NUMBERS = itertools.count()


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where one of the two writes: an index of the consumer's definition, and a parking queue."""

    index: str
    queue_url: str
    deletes_url: str
    services: Services

    def documents(self) -> dict[str, tuple[int, Any]]:
        """Every document: id to version and content."""
        url = f"{self.services.search_url}/{self.index}"
        requests.post(f"{url}/_refresh", timeout=20).raise_for_status()
        answer = requests.get(f"{url}/_search?version=true&size=1000", timeout=20).json()["hits"]
        assert answer["total"]["value"] == len(answer["hits"])
        return {hit["_id"]: (hit["_version"], hit["_source"]) for hit in answer["hits"]}

    def take_parked(self) -> list[dict[str, Any]]:
        """The parked messages so far, taken out of the queue, without what differs between two places."""
        sqs = self.services.client("sqs")
        parked = []
        while messages := sqs.receive_message(QueueUrl=self.queue_url, MaxNumberOfMessages=10).get("Messages", []):
            for message in messages:
                body = json.loads(message["Body"])
                assert body.pop("index") == self.index
                assert body.pop("parked_at")
                parked.append(body)
                sqs.delete_message(QueueUrl=self.queue_url, ReceiptHandle=message["ReceiptHandle"])
        return parked


@dataclass(frozen=True, kw_only=True)
class Twin:
    """Both, and what they share."""

    inside: FunctionRun
    outside: FunctionRun
    places: tuple[Place, Place]
    services: Services

    def play(self, case: Case) -> tuple[Answer, list[dict[str, Any]]]:
        """Hand one case to both. Gives the container's answer and parked messages; fails where the process differs."""
        self.prepare(case)
        seen = [
            (_comparable(run.invoke(case.event)), place.take_parked())
            for run, place in zip((self.inside, self.outside), self.places, strict=True)
        ]
        assert seen[0] == seen[1], case.name
        return seen[0]

    def documents(self) -> dict[str, tuple[int, Any]]:
        """The container's documents: id to version and content; fails where the process has written others.

        Versions may differ: an item that was read from the table has that of its reading.
        """
        inside, outside = (place.documents() for place in self.places)
        contents = [{key: content for key, (_, content) in documents.items()} for documents in (inside, outside)]
        assert contents[0] == contents[1]
        return inside

    def prepare(self, case: Case) -> None:
        """Bring the table to where it was when the event was made. What DynamoDB would refuse can't be in it."""
        dynamodb = self.services.client("dynamodb")
        for item in case.items:
            with contextlib.suppress(ClientError, ParamValidationError):
                dynamodb.put_item(TableName=TABLE, Item=_to_boto(item))
        for key in case.gone:
            dynamodb.delete_item(TableName=TABLE, Key=key)


@contextlib.contextmanager
def twin(engine: ContainerEngine, image: str, folder: str, services: Services) -> Iterator[Twin]:
    """Both started, with the memory that the program gives the function."""
    places = (make_place(services, folder), make_place(services, folder))
    settings = getattr(ConsumersSettings(), folder)
    with (
        in_a_container(
            engine, image, variables=variables(places[0]), ports=services.ports, memory_megabytes=settings.memory_mb
        ) as inside,
        as_a_process(f"{folder}.handler.handler", variables=variables(places[1])) as outside,
    ):
        yield Twin(inside=inside, outside=outside, places=places, services=services)


def make_place(services: Services, folder: str) -> Place:
    """A fresh index of the folder's definition and a fresh queue; the table, if it isn't there."""
    index = f"images-{next(NUMBERS)}"
    definition = json.loads((ROOT / "images" / folder / "index.json").read_text())
    create_index(create_search_client(services.search_url, REGION), index=index, alias=None, definition=definition)
    sqs = services.client("sqs")
    queue_url, deletes_url = (
        sqs.create_queue(QueueName=f"{index}-{what}")["QueueUrl"] for what in ("parked", "deletes")
    )
    make_table(services)
    return Place(index=index, queue_url=queue_url, deletes_url=deletes_url, services=services)


def make_table(services: Services) -> None:
    """The table, empty, if it isn't there."""
    dynamodb = services.client("dynamodb")
    with contextlib.suppress(dynamodb.exceptions.ResourceInUseException):
        dynamodb.create_table(
            TableName=TABLE,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )


def variables(place: Place) -> dict[str, str]:
    """What `infra/sync/consumer.py` gives the function, and where the embedded AWS is."""
    return {
        "OPENSEARCH_ENDPOINT": place.services.search_url,
        "OPENSEARCH_INDEX": place.index,
        "TABLE_NAME": TABLE,
        "PARKING_QUEUE_URL": place.queue_url,
        "SECOND_DELETE_QUEUE_URL": place.deletes_url,
        "TRUST_SECONDS": "30",
        "AWS_ENDPOINT_URL": place.services.aws_url,
    }


def _comparable(answer: Answer) -> Answer:
    """Without what a place on disk or a request's number changes."""
    if answer.kind == "response":
        return answer
    content = {name: answer.content[name] for name in ("errorType", "errorMessage")}
    return Answer(kind=answer.kind, content=content)


def _to_boto(item: Mapping[str, Any]) -> dict[str, Any]:
    """Recorded items have binary as base64 text, boto3 takes bytes."""

    def value(typed: Any) -> Any:
        if not isinstance(typed, Mapping):
            return typed
        return {
            kind: base64.b64decode(content) if kind == "B"
            else [base64.b64decode(one) for one in content] if kind == "BS"
            else {name: value(one) for name, one in content.items()} if kind == "M"
            else [value(one) for one in content] if kind == "L"
            else content
            for kind, content in typed.items()
        }  # fmt: skip

    return {name: value(typed) for name, typed in item.items()}
