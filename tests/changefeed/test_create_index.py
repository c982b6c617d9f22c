"""Making the index at deploy: once, again, and before the access policy acts."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any

import pytest
from opensearchpy.exceptions import (
    AuthenticationException,
    AuthorizationException,
    ConnectionError,
    ConnectionTimeout,
    NotFoundError,
    RequestError,
    TransportError,
)

from changefeed.create_index import PATIENCE_SECONDS, create_index, handler
from lambda_kit.errors import SettingsError
from tests.fakes import NOW, FakeClock

DEFINITION = {"mappings": {"date_detection": False}}


@dataclass
class FakeIndices:
    """The part of opensearch-py's `client.indices` that is used; `failures` are raised by the next calls."""

    indexes: dict[str, Any] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    failures: deque[Exception | None] = field(default_factory=deque)
    hidden: int = 0
    """How often an index that is there isn't found."""
    is_serverless: bool = False
    """Refuses a setting, and every change of settings."""

    def _call(self) -> None:
        failure = self.failures.popleft() if self.failures else None
        if failure is not None:
            raise failure

    def exists(self, *, index: str) -> bool:
        self._call()
        if index in self.indexes and self.hidden > 0:
            self.hidden -= 1
            return False
        return index in self.indexes

    def create(self, *, index: str, body: Any) -> None:
        self._call()
        if index in self.indexes:
            raise RequestError(400, "resource_already_exists_exception", {})
        if "bad" in body:
            raise RequestError(400, "mapper_parsing_exception", {})
        if self.is_serverless and "gc_deletes" in body.get("settings", {}).get("index", {}):
            raise RequestError(400, "illegal_argument_exception", {})
        self.indexes[index] = body

    def put_settings(self, *, index: str, body: Any) -> None:
        self._call()
        if self.is_serverless:
            raise AuthorizationException(403, "security_exception", {})
        self.indexes[index] = self.indexes[index] | {"settings": body}

    def put_mapping(self, *, index: str, body: Any) -> None:
        self._call()
        if body.get("changes a type"):
            raise RequestError(400, "illegal_argument_exception", {})
        self.indexes[index] = self.indexes[index] | {"mappings": body}

    def exists_alias(self, *, name: str) -> bool:
        self._call()
        return name in self.aliases

    def put_alias(self, *, index: str, name: str) -> None:
        self._call()
        self.aliases[name] = index


@dataclass
class FakeClient:
    """An opensearch-py client."""

    indices: FakeIndices = field(default_factory=FakeIndices)


def run(
    client: FakeClient, *, alias: str | None = "lab", definition: Any = DEFINITION, clock: FakeClock | None = None
) -> Any:
    clock = clock or FakeClock()
    return create_index(client, index="i", alias=alias, definition=definition, sleep=clock.sleep, clock=clock)


def test_index_and_alias_are_made_once() -> None:
    client = FakeClient()
    assert run(client) == {"index_created": True, "alias_created": True}
    assert run(client, definition={"other": 1}) == {"index_created": False, "alias_created": False}
    assert (client.indices.indexes, client.indices.aliases) == ({"i": DEFINITION}, {"lab": "i"})


def test_an_index_that_exists_gets_the_mappings_that_were_added() -> None:
    client = FakeClient()
    run(client)
    grown = {"mappings": {"date_detection": False, "properties": {"new": {"type": "keyword"}}}}
    assert run(client, definition=grown) == {"index_created": False, "alias_created": False}
    assert client.indices.indexes["i"] == grown


def test_a_mapping_that_only_a_rebuild_can_change_fails_the_deploy() -> None:
    client = FakeClient()
    run(client)
    with pytest.raises(RequestError, match="illegal_argument_exception"):
        run(client, definition={"mappings": {"changes a type": True}})


def test_an_alias_that_was_moved_stays_where_it_is() -> None:
    client = FakeClient(FakeIndices(aliases={"lab": "another"}))
    assert run(client) == {"index_created": True, "alias_created": False}
    assert client.indices.aliases == {"lab": "another"}


def test_without_an_alias_none_is_made() -> None:
    client = FakeClient()
    assert run(client, alias=None) == {"index_created": True, "alias_created": False}
    assert client.indices.aliases == {}


def test_two_deploys_at_once_are_no_error() -> None:
    client = FakeClient(FakeIndices(indexes={"i": DEFINITION}, hidden=1))
    assert run(client) == {"index_created": False, "alias_created": True}


def test_a_definition_that_opensearch_refuses_is_raised_at_once() -> None:
    clock = FakeClock()
    with pytest.raises(RequestError):
        run(FakeClient(), definition={"bad": 1}, clock=clock)
    assert clock.slept == []


NOT_READY = [
    AuthenticationException(401, "x", {}),
    AuthorizationException(403, "x", {}),
    NotFoundError(404, "index_not_found_exception", {}),
    TransportError(429, "x", {}),
    TransportError(503, "x", {}),
    ConnectionTimeout("TIMEOUT", "x", {}),
    ConnectionError("N/A", "x", {}),
]


@pytest.mark.parametrize("calls_that_work", range(5))
@pytest.mark.parametrize("refusal", NOT_READY, ids=lambda error: type(error).__name__)
def test_a_collection_that_is_not_ready_is_asked_again(calls_that_work: int, refusal: Exception) -> None:
    client = FakeClient(FakeIndices(failures=deque([None] * calls_that_work + [refusal])))
    clock = FakeClock()
    run(client, clock=clock)
    assert (client.indices.indexes, client.indices.aliases) == ({"i": DEFINITION}, {"lab": "i"})
    assert clock.slept == [3]


def test_an_index_counts_as_made_when_the_collection_finds_it() -> None:
    client, clock = FakeClient(FakeIndices(hidden=3)), FakeClock()
    assert run(client, clock=clock) == {"index_created": True, "alias_created": True}
    assert clock.slept == [3, 3]


def test_a_403_that_stays_is_raised_after_two_minutes() -> None:
    client = FakeClient(FakeIndices(failures=deque([AuthorizationException(403, "x", {})] * 1_000)))
    clock = FakeClock()
    with pytest.raises(AuthorizationException):
        run(client, clock=clock)
    assert PATIENCE_SECONDS <= clock.now - NOW < PATIENCE_SECONDS + 5


def test_an_event_that_lacks_something_says_what() -> None:
    with pytest.raises(SettingsError, match=r"index.*definition"):
        handler({"alias": "lab"}, None)


LONG_MEMORY = {"settings": {"index": {"gc_deletes": "1h", "mapping": {"depth": {"limit": 40}}}}, **DEFINITION}


def test_a_collection_that_refuses_the_long_memory_of_deletes_gets_an_index_without(
    capsys: pytest.CaptureFixture[str],
) -> None:
    client = FakeClient(indices=FakeIndices(is_serverless=True))
    assert run(client, definition=LONG_MEMORY)["index_created"]
    assert client.indices.indexes["i"] == {"settings": {"index": {"mapping": {"depth": {"limit": 40}}}}, **DEFINITION}
    assert "the index is made without a setting" in capsys.readouterr().out
    assert not run(client, definition=LONG_MEMORY)["index_created"]
    assert "the index keeps its settings" in capsys.readouterr().out


def test_a_definition_that_is_wrong_in_another_way_is_told_as_it_is() -> None:
    with pytest.raises(RequestError, match="mapper_parsing_exception"):
        run(FakeClient(), definition=LONG_MEMORY | {"bad": True})


def test_an_index_that_exists_gets_the_settings_that_were_added() -> None:
    client = FakeClient()
    run(client)
    assert not run(client, definition=LONG_MEMORY)["index_created"]
    assert client.indices.indexes["i"]["settings"] == LONG_MEMORY["settings"]
