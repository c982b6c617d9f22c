"""The probe distinguishes a target that keeps every promise from one that breaks any."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from opensearchpy.exceptions import AuthorizationException, ConnectionError, NotFoundError, RequestError

from changefeed.errors import BulkRequestError
from ops.probe.checks import Finding
from ops.probe.probe import probe
from ops.trouble.search import Where
from tests.fakes import ModelIndex, bulk_actions

INDEX = "lab-table-dynamodb-stream"
PROMISES = {
    "a newer version is accepted",
    "an older version is refused",
    "an equal version is refused",
    "a delete keeps older writes out",
    "so does a delete of a document that isn't there yet",
    "a conflict names the current version",
    "own ids are kept",
    "documents are read in real time",
    "documents can be walked by their ids",
}


@dataclass(kw_only=True)
class FakeCollection:
    """A collection of model indexes; the fields break one promise each."""

    rewrite: Callable[[bytes], bytes] = lambda body: body
    edit_answer: Callable[[bytes], bytes] = lambda answer: answer
    gc_deletes_seconds: float = 60.0
    own_ids: bool = True
    may_create: bool = True
    may_delete: bool = True
    takes_settings: bool = True
    refusals: int = 0
    version_in_real_time: int | None = None
    refused_walks: frozenset[str] = frozenset()
    indexes: dict[str, ModelIndex] = field(default_factory=dict)
    slept: float = 0.0

    def __post_init__(self) -> None:
        self.indices = SimpleNamespace(
            create=self._create, delete=self._delete, put_settings=self._put_settings, get_settings=self._get_settings
        )
        self.settings: dict[str, Any] = {}
        self.indexes[INDEX] = ModelIndex(gc_deletes_seconds=self.gc_deletes_seconds)

    def count(self, *, index: str) -> dict[str, int]:
        if self.refusals > 0:
            self.refusals -= 1
            raise AuthorizationException(403, "security_exception", {})
        if index not in self.indexes:
            raise NotFoundError(404, "index_not_found_exception", {})
        return {"count": len(self.indexes[index].documents)}

    def get(self, *, index: str, id: str) -> dict[str, Any]:
        if id not in self.indexes[index].documents:
            raise NotFoundError(404, "", {})
        version, source = self.indexes[index].documents[id]
        return {"_id": id, "_version": version, "_source": source}

    def mget(self, *, index: str, body: Mapping[str, Any]) -> dict[str, Any]:
        assert body["docs"][0]["_source"] is False
        key = body["docs"][0]["_id"]
        found = self.indexes[index].documents.get(key)
        version = self.version_in_real_time or (found[0] if found else None)
        return {"docs": [{"_id": key, "found": version is not None, "_version": version}]}

    def create_pit(self, *, index: str, params: Mapping[str, str]) -> dict[str, str]:
        return {"pit_id": "pit"}

    def delete_pit(self, *, body: Mapping[str, Any]) -> None:
        assert body == {"pit_id": ["pit"]}

    def search(self, *, body: Mapping[str, Any], index: str | None = None) -> None:
        if ("plain" if index else "pit") in self.refused_walks:
            raise AuthorizationException(403, "security_exception", {})

    def open_index(self, name: str) -> Callable[[bytes, float], tuple[int, bytes]]:
        def send(body: bytes, timeout_seconds: float) -> tuple[int, bytes]:
            status, answer = self.indexes[name](self.rewrite(body), timeout_seconds)
            return status, self.edit_answer(answer)

        return send

    def _create(self, *, index: str, body: Mapping[str, Any]) -> None:
        if not self.may_create:
            raise AuthorizationException(403, "security_exception", {})
        self.indexes[index] = ModelIndex(gc_deletes_seconds=self.gc_deletes_seconds)

    def _put_settings(self, *, index: str, body: Mapping[str, Any]) -> None:
        if not self.takes_settings:
            raise RequestError(400, "illegal_argument_exception", {})
        self.settings[index] = dict(body)

    def _get_settings(self, *, index: str, params: Mapping[str, str]) -> dict[str, Any]:
        assert params == {"flat_settings": "true"}
        return {index: {"settings": self.settings[index]}}

    def _delete(self, *, index: str) -> None:
        if not self.may_delete:
            raise AuthorizationException(403, "security_exception", {})
        del self.indexes[index]

    def probe(self, *indexes: str, wait_seconds: float = 30.0) -> dict[str, Finding]:
        def sleep(seconds: float) -> None:
            self.slept += seconds

        places = [Where(index=name) for name in indexes or [INDEX]]
        findings = probe(
            self, self.open_index, places, wait_seconds=wait_seconds, clock=lambda: self.slept, sleep=sleep
        )
        return {finding.check: finding for finding in findings}


def failed(findings: Mapping[str, Finding]) -> set[str]:
    return {name for name, finding in findings.items() if not finding.ok}


def test_a_good_target_keeps_every_promise_and_is_left_clean() -> None:
    collection = FakeCollection()
    findings = collection.probe()
    assert failed(findings) == set()
    assert findings.keys() >= PROMISES
    assert list(collection.indexes) == [INDEX]
    assert collection.indexes[INDEX].requests == []
    assert all(not finding.advice for finding in findings.values())


def test_who_may_not_create_an_index_gets_scratch_ids_and_they_are_removed() -> None:
    collection = FakeCollection(may_create=False)
    findings = collection.probe()
    assert failed(findings) == set()
    assert "ids %probe-" in findings["a place to write"].detail
    assert collection.indexes[INDEX].documents == {}
    documents = [document for body in collection.indexes[INDEX].requests for _, _, document in bulk_actions(body)]
    assert documents
    assert not any(documents), "a field would stay in the consumer's mapping"


@pytest.mark.parametrize(
    ("collection", "detail"),
    [
        ({}, "an hour, as the sync's indexes ask for"),
        ({"takes_settings": False}, "can't be set (illegal_argument_exception): what a late request brings back"),
        ({"may_create": False}, "not tried: this caller may not create an index"),
    ],
)
def test_it_tells_how_long_deletes_are_remembered(collection: dict[str, Any], detail: str) -> None:
    finding = FakeCollection(**collection).probe()["how long deletes are remembered"]
    assert finding.ok
    assert detail in finding.detail


@pytest.mark.parametrize(("refused", "way"), [("pit", "by plain searches"), ("plain", "in a point in time")])
def test_one_way_to_walk_is_enough_and_the_other_is_told(refused: str, way: str) -> None:
    finding = FakeCollection(refused_walks=frozenset({refused})).probe()["documents can be walked by their ids"]
    assert finding.ok
    assert finding.detail.startswith(f"{way} (")
    assert "403 security_exception" in finding.detail


def unversioned(body: bytes) -> bytes:
    """As a target that ignores versions: every one is higher than the last."""
    unversioned.number = getattr(unversioned, "number", 100) + 1  # type: ignore[attr-defined]
    lines = body.split(b"\n")
    ((operation, target),) = json.loads(lines[0]).items()
    lines[0] = json.dumps({operation: {**target, "version": unversioned.number}}).encode()  # type: ignore[attr-defined]
    return b"\n".join(lines)


def lenient(body: bytes) -> bytes:
    return body.replace(b'"external"', b'"external_gte"')


def wordless(answer: bytes) -> bytes:
    return answer.replace(b"current version [", b"there is version [")


def generated_ids(body: bytes) -> bytes:
    return body.replace(b'"_id":"', b'"_id":"generated-')


VERSIONS = {
    "an older version is refused",
    "an equal version is refused",
    "a delete keeps older writes out",
    "so does a delete of a document that isn't there yet",
    "a conflict names the current version",
}


@pytest.mark.parametrize(
    ("broken", "expected"),
    [
        ({"rewrite": unversioned}, VERSIONS | {"documents are read in real time"}),
        ({"rewrite": lenient}, {"an equal version is refused"}),
        (
            {"gc_deletes_seconds": -1.0},
            {"a delete keeps older writes out", "so does a delete of a document that isn't there yet"},
        ),
        ({"edit_answer": wordless}, {"a conflict names the current version"}),
        ({"rewrite": generated_ids}, {"own ids are kept", "documents are read in real time"}),
        ({"may_delete": False}, {"nothing is left of the probe"}),
        ({"version_in_real_time": 4}, {"documents are read in real time"}),
        ({"refused_walks": frozenset({"pit", "plain"})}, {"documents can be walked by their ids"}),
    ],
    ids=[
        "ignores versions",
        "accepts equal ones",
        "forgets deletes",
        "changed its wording",
        "makes ids",
        "leftovers",
        "reads old states",
        "refuses walks",
    ],
)
def test_a_target_that_breaks_a_promise_is_found_out(broken: dict[str, Any], expected: set[str]) -> None:
    findings = FakeCollection(**broken).probe()
    assert failed(findings) == expected
    assert all(findings[name].advice for name in expected)


def test_a_refusal_of_the_first_minute_is_waited_for() -> None:
    collection = FakeCollection(refusals=4)
    assert failed(collection.probe()) == set()
    assert collection.slept == 12.0


def test_a_lasting_refusal_is_explained_with_both_policies() -> None:
    finding = FakeCollection(refusals=1_000).probe()[f"{INDEX} can be read"]
    assert not finding.ok
    assert "aoss:APIAccessAll" in finding.advice
    assert "data access policy" in finding.advice
    assert "a minute" in finding.advice


def test_a_missing_index_ends_the_probe_with_what_to_do() -> None:
    findings = FakeCollection().probe("other")
    assert list(findings) == ["other can be read"]
    assert "pulumi up" in findings["other can be read"].advice


def test_no_answer_is_told_and_not_raised() -> None:
    collection = FakeCollection()

    def silent(**_: Any) -> None:
        raise ConnectionError("N/A", "refused", ValueError())

    collection.count = silent  # type: ignore[method-assign, assignment]
    assert failed(collection.probe()) == {f"{INDEX} can be read"}


def test_an_index_that_answers_no_write_is_told_and_not_raised() -> None:
    def broken(body: bytes) -> bytes:
        raise BulkRequestError("No answer to a bulk request: ReadTimeout.")

    findings = FakeCollection(rewrite=broken).probe()
    assert len(failed(findings)) == len(PROMISES) - 1  # a walk writes nothing
