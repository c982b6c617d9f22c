"""The images besides the sync: the API, the backfill, and the index creation that runs from a sync image."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest
import requests

from infra.api.settings import TableApiSettings
from infra.sync.settings import BackfillSettings, ConsumersSettings
from local.layout import ROOT
from local.services.container_engine import ContainerEngine
from local.services.function_containers import image_folders
from tests.changefeed.records import TABLE
from tests.containers.conftest import Services
from tests.containers.function_run import FunctionRun, as_a_process, in_a_container
from tests.containers.twin import make_place, make_table
from tests.images.table_api_fakes import event

pytestmark = pytest.mark.containers
MEMORY_MEGABYTES = {
    **{folder: settings.memory_mb for folder, settings in ConsumersSettings()},
    "table_api": TableApiSettings().memory_mb,
    "replicate": BackfillSettings().memory_mb,
}


@contextmanager
def inside(
    engine: ContainerEngine,
    images: dict[str, str],
    folder: str,
    services: Services,
    variables: Mapping[str, str],
    command: str | None = None,
) -> Iterator[FunctionRun]:
    """A folder's image in its container, with the memory that the program gives it."""
    with in_a_container(
        engine, images[folder], variables={"AWS_ENDPOINT_URL": services.aws_url, **variables}, ports=services.ports,
        memory_megabytes=MEMORY_MEGABYTES.get(folder, 512), command=command,
    ) as run:  # fmt: skip
        yield run


@pytest.mark.parametrize("folder", image_folders())
def test_an_image_without_its_variables_says_so_at_its_start_as_it_does_outside(
    engine: ContainerEngine, images: dict[str, str], services: Services, folder: str
) -> None:
    with inside(engine, images, folder, services, {}) as run:
        answer = run.answer()
        assert run.process.wait(timeout=20) != 0
    with as_a_process(f"{folder}.handler.handler", variables={}) as process:
        outside = process.answer()
    assert answer.kind == outside.kind == "init_error"
    assert answer.error_type == outside.error_type
    assert answer.content["errorMessage"] == outside.content["errorMessage"]
    assert "is not set" in answer.content["errorMessage"]
    assert all(trace for trace in answer.content["stackTrace"])


def test_the_api_answers_the_same_requests_the_same_way(
    engine: ContainerEngine, images: dict[str, str], services: Services
) -> None:
    place = make_place(services, "sync_dynamodb_stream")
    variables = {
        "TABLE_NAME": TABLE,
        "OPENSEARCH_ENDPOINT": services.search_url,
        "OPENSEARCH_INDEX": place.index,
        "AWS_ENDPOINT_URL": services.aws_url,
    }
    item = {"id": "images/a b", "number": 1.50, "text": "Zoë"}
    document = requests.put(
        f"{services.search_url}/{place.index}/_doc/images?refresh=true",
        json={"id": "images", "text": "found"},
        timeout=20,
    )
    assert document.status_code == 201
    calls = [
        (event("PUT", "/items/images%2Fa%20b", json.dumps(item)), 201),
        (event("GET", "/items/images%2Fa%20b"), 200),
        (event("PATCH", "/items/images%2Fa%20b", '{"text": null}'), 200),
        (event("GET", "/search", query={"q": ["found"]}), 200),
        (event("GET", "/items/absent"), 404),
        (event("POST", "/items", "{"), 400),
        (event("DELETE", "/items/images%2Fa%20b"), 204),
    ]
    make_table(services)
    with inside(engine, images, "table_api", services, variables) as run:
        answers = [run.invoke(call).content for call, _ in calls]
        log = run.log()
    with as_a_process("table_api.handler.handler", variables=variables) as process:
        outside = [process.invoke(call).content for call, _ in calls]
    assert [answer["statusCode"] for answer in answers] == [status for _, status in calls]
    assert answers == outside
    assert json.loads(answers[1]["body"])["text"] == "Zoë"
    assert json.loads(answers[3]["body"])["total"] == 1
    assert "Zoë" not in log
    assert "images/a b" not in log


def test_a_backfill_fills_an_index_the_same_way(
    engine: ContainerEngine, images: dict[str, str], services: Services
) -> None:
    make_table(services)
    dynamodb = services.client("dynamodb")
    for number in range(30):
        dynamodb.put_item(TableName=TABLE, Item={"id": {"S": f"backfill {number}"}, "n": {"N": str(number)}})
    seen = []
    for is_inside in (True, False):
        place = make_place(services, "sync_kinesis_stream")
        consumers = {"sync_kinesis_stream": {"index": place.index, "parking_queue_url": place.queue_url}}
        variables = {
            "OPENSEARCH_ENDPOINT": services.search_url,
            "TABLE_NAME": TABLE,
            "CONSUMERS": json.dumps(consumers),
            "AWS_ENDPOINT_URL": services.aws_url,
        }
        request = {"consumer": "sync_kinesis_stream", "segment": 0, "total_segments": 1}
        started = (
            inside(engine, images, "replicate", services, variables)
            if is_inside
            else as_a_process("replicate.handler.handler", variables=variables)
        )
        with started as run:
            answer = run.invoke(request)
            refused = run.invoke({"consumer": "nobody"})
        documents = {key: content for key, (_, content) in place.documents().items()}
        assert refused.error_type == "SettingsError"
        seen.append((answer.content, refused.content["errorMessage"], documents))
    assert seen[0] == seen[1]
    assert {f"backfill {number}" for number in range(30)} <= seen[0][2].keys()


@pytest.mark.parametrize(
    "folder", [folder for folder in image_folders() if (ROOT / "images" / folder / "index.json").exists()]
)
def test_an_index_is_made_by_the_sync_image_under_another_command(
    engine: ContainerEngine, images: dict[str, str], services: Services, folder: str
) -> None:
    definition = json.loads((ROOT / "images" / folder / "index.json").read_text())
    index = f"made-by-{folder.replace('_', '-')}"
    request = {"index": index, "alias": f"{index}-alias", "definition": definition}
    variables = {"OPENSEARCH_ENDPOINT": services.search_url}
    command = "changefeed.create_index.handler"
    with inside(engine, images, folder, services, variables, command) as run:
        assert run.invoke(request).content == {"index_created": True, "alias_created": True}
        assert run.invoke(request).content == {"index_created": False, "alias_created": False}
    mapping = requests.get(f"{services.search_url}/{index}-alias/_mapping", timeout=20).json()
    assert list(mapping) == [index]


def test_a_second_delete_is_done_by_the_backfills_image_under_another_command(
    engine: ContainerEngine, images: dict[str, str], services: Services
) -> None:
    make_table(services)
    place = make_place(services, "sync_kinesis_stream")
    services.client("dynamodb").put_item(TableName=TABLE, Item={"id": {"S": "lives"}})
    for key in ("back", "lives"):
        url = f"{services.search_url}/{place.index}/_doc/{key}?version=1767323045000000&version_type=external"
        requests.put(url, json={"id": key}, timeout=20).raise_for_status()
    deletes = [[key, {"id": {"S": key}}] for key in ("back", "lives", "gone")]
    body = json.dumps({"kind": "second_delete", "index": place.index, "deletes": deletes})
    event = {"Records": [{"messageId": "1", "body": body}, {"messageId": "2", "body": "strange"}]}
    variables = {
        "OPENSEARCH_ENDPOINT": services.search_url,
        "TABLE_NAME": TABLE,
        "INDEXES": json.dumps([place.index]),
        "AWS_ENDPOINT_URL": services.aws_url,
    }
    with inside(engine, images, "replicate", services, variables, "replicate.second_delete.handler") as run:
        assert run.invoke(event).content == {"batchItemFailures": [{"itemIdentifier": "2"}]}
    assert list(place.documents()) == ["lives"]
