"""The sync images do in their containers what their handlers do outside: answers, documents, what is parked, errors."""

from collections.abc import Iterator

import pytest

from local.services.container_engine import ContainerEngine
from tests.containers.cases import CONTENT, FEEDS, Case, change_cases, malformed_cases, poison_cases
from tests.containers.conftest import Services
from tests.containers.function_run import in_a_container
from tests.containers.twin import Twin, twin, variables

pytestmark = pytest.mark.containers
SETTLED: dict[str, list[object]] = {"batchItemFailures": []}


@pytest.fixture(scope="module", params=FEEDS)
def folder(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def pair(engine: ContainerEngine, images: dict[str, str], services: Services, folder: str) -> Iterator[Twin]:
    """One container and one process for all cases: the first is cold, the rest are warm."""
    with twin(engine, images[folder], folder, services) as pair:
        yield pair


def play(pair: Twin, cases: Iterator[Case]) -> int:
    played = 0
    for case in cases:
        answer, parked = pair.play(case)
        assert answer.error_type == case.error_type, (case.name, answer)
        if case.error_type is None:
            assert answer.content == SETTLED, case.name
        if case.parks is not None:
            assert [message["reason"]["code"] for message in parked] == list(case.parks), case.name
        for document, is_there in case.holds.items():
            assert (document in pair.documents()) is is_there, case.name
        played += 1
    pair.documents()  # the same in both
    return played


@pytest.mark.parametrize("fresh", [False, True], ids=["as recorded", "fresh"])
def test_recorded_changes_give_the_same_cold_and_warm(pair: Twin, folder: str, fresh: bool) -> None:
    played = play(pair, change_cases(FEEDS[folder], fresh=fresh))
    assert pair.inside.api.polls >= played, "one environment took them all"


def test_malformed_records_are_parked_or_blamed_alike(pair: Twin, folder: str) -> None:
    assert play(pair, malformed_cases(FEEDS[folder])) > 20


def test_poison_is_harmless_or_parked_alike(pair: Twin, folder: str) -> None:
    assert play(pair, poison_cases(FEEDS[folder])) > 70
    assert len(pair.documents()) > 50


def test_no_log_of_all_that_holds_an_items_content(pair: Twin) -> None:
    log = pair.inside.log()
    assert "batch settled" in log
    assert not [content for content in CONTENT if content in log]


def test_a_second_container_finds_the_work_done(
    engine: ContainerEngine, images: dict[str, str], services: Services, folder: str, pair: Twin
) -> None:
    """A cold start with a batch that another environment has settled already, as after a scale-out."""
    case = next(change_cases(FEEDS[folder], fresh=True))
    pair.play(case)
    before = pair.documents()
    with in_a_container(
        engine, images[folder], variables=variables(pair.places[0]), ports=services.ports, memory_megabytes=512
    ) as cold:
        assert cold.invoke(case.event).content == SETTLED
    assert pair.documents().keys() == before.keys(), "and the contents are still those of the other place"


def test_a_batch_of_a_container_that_is_killed_is_settled_by_another(
    engine: ContainerEngine, images: dict[str, str], services: Services, folder: str, pair: Twin, silent_port: int
) -> None:
    """Killed while it waits for the index, so in mid-batch; as Lambda kills a function whose time is over."""
    insert = next(change_cases(FEEDS[folder], fresh=True))
    pair.prepare(insert)
    environment = variables(pair.places[0]) | {"OPENSEARCH_ENDPOINT": f"http://127.0.0.1:{silent_port}"}
    with in_a_container(
        engine, images[folder], variables=environment, ports=[services.ports[0], silent_port], memory_megabytes=512
    ) as doomed:
        doomed.api.hand_over(insert.event, timeout_seconds=60)
        assert doomed.api.answer(wait_seconds=4) is None
        assert engine.kill([str(doomed.container)]) == 1
        assert doomed.process.wait(timeout=20) == 137
    assert pair.inside.invoke(insert.event).content == SETTLED
    assert insert.holds.keys() <= pair.places[0].documents().keys()


def test_an_index_that_does_not_answer_is_reported_before_the_time_is_over(
    engine: ContainerEngine, images: dict[str, str], services: Services, folder: str, pair: Twin, silent_port: int
) -> None:
    case = next(change_cases(FEEDS[folder], fresh=True))
    environment = variables(pair.places[0]) | {"OPENSEARCH_ENDPOINT": f"http://127.0.0.1:{silent_port}"}
    with in_a_container(
        engine, images[folder], variables=environment, ports=[services.ports[0], silent_port], memory_megabytes=512
    ) as run:
        answer = run.invoke(case.event, timeout_seconds=5)
        assert answer.kind == "response"
        assert len(answer.content["batchItemFailures"]) == 1
