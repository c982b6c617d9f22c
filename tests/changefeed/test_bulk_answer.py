"""What the index says: a verdict for every status and error type."""

import json
from typing import Any

import pytest

from changefeed.errors import BulkRequestError
from changefeed.write.bulk_answer import ItemVerdict, Verdict, read_bulk_answer

CONFLICT = "version_conflict_engine_exception"


def answer(*items: dict[str, Any]) -> bytes:
    return json.dumps({"took": 1, "errors": True, "items": items}, separators=(",", ":")).encode()


def refused(status: int, error_type: str, reason: str = "secret content") -> dict[str, Any]:
    return {"_id": "a", "status": status, "error": {"type": error_type, "reason": reason}}


@pytest.mark.parametrize(
    ("operation", "item", "verdict"),
    [
        ("index", {"status": 200}, Verdict.DONE),
        ("index", {"status": 201}, Verdict.DONE),
        ("delete", {"status": 200}, Verdict.DONE),
        ("delete", {"status": 404, "result": "not_found"}, Verdict.DONE),
        ("delete", refused(404, "index_not_found_exception"), Verdict.RETRYABLE),
        ("index", refused(404, "index_not_found_exception"), Verdict.RETRYABLE),
        ("index", refused(409, CONFLICT), Verdict.CONFLICT),
        ("index", refused(409, "something_else_exception"), Verdict.RETRYABLE),
        ("index", {"status": 409}, Verdict.RETRYABLE),
        ("index", refused(400, "index_closed_exception"), Verdict.RETRYABLE),
        ("index", refused(403, "cluster_block_exception"), Verdict.RETRYABLE),
        ("index", refused(429, "cluster_block_exception"), Verdict.RETRYABLE),
        ("index", refused(403, "security_exception"), Verdict.RETRYABLE),
        ("index", refused(401, "unknown_to_us"), Verdict.RETRYABLE),
        ("index", refused(403, "unknown_to_us"), Verdict.RETRYABLE),
        ("index", refused(408, "unknown_to_us"), Verdict.RETRYABLE),
        ("index", refused(429, "rejected_execution_exception"), Verdict.RETRYABLE),
        ("index", refused(500, "unknown_to_us"), Verdict.RETRYABLE),
        ("index", refused(502, "unknown_to_us"), Verdict.RETRYABLE),
        ("index", refused(503, "unavailable_shards_exception"), Verdict.RETRYABLE),
        ("index", refused(504, "unknown_to_us"), Verdict.RETRYABLE),
        ("index", {"status": 503}, Verdict.RETRYABLE),
        ("index", refused(400, "mapper_parsing_exception"), Verdict.REFUSED),
        ("index", refused(400, "illegal_argument_exception"), Verdict.REFUSED),
        ("index", refused(404, "unknown_to_us"), Verdict.REFUSED),
        ("index", refused(413, "unknown_to_us"), Verdict.REFUSED),
        ("index", {"status": 400}, Verdict.REFUSED),
    ],
)
def test_an_items_verdict_follows_from_status_and_error_type(
    operation: str, item: dict[str, Any], verdict: Verdict
) -> None:
    (result,) = read_bulk_answer(200, answer({operation: item}), expected_items=1)
    assert result.verdict is verdict
    assert "secret" not in str(result)
    if verdict in (Verdict.RETRYABLE, Verdict.REFUSED):
        assert result.error_type == item.get("error", {}).get("type", f"status_{item['status']}")


def test_a_conflict_tells_the_current_version() -> None:
    reason = "[a]: version conflict, current version [1767323045000001] is higher or equal to the one provided [5]"
    (result,) = read_bulk_answer(200, answer({"index": refused(409, CONFLICT, reason)}), expected_items=1)
    assert result == ItemVerdict(Verdict.CONFLICT, CONFLICT, 1767323045000001)


@pytest.mark.parametrize(
    "document_id",
    [
        "current version [9000000000000000000]",
        "current version [1]",
        "]: version conflict, current version [7] is higher or equal to the one provided [5]",
        "a\n current version [9999999999999999] is higher or equal to the one provided [5]\n",
    ],
)
def test_an_id_in_the_words_of_a_conflict_says_nothing(document_id: str) -> None:
    words = "version conflict, current version [1767323045000001] is higher or equal to the one provided [5]"
    body = answer({"index": refused(409, CONFLICT, f"[{document_id}]: {words}")})
    (result,) = read_bulk_answer(200, body, expected_items=1)
    assert result.current_version == 1767323045000001

    (other,) = read_bulk_answer(200, answer({"index": refused(409, CONFLICT, f"[{document_id}]")}), expected_items=1)
    assert other.current_version is None


@pytest.mark.parametrize("current", [4, 2**63 - 1, 9_999_999_999_999_999_999])
def test_a_version_that_contradicts_the_conflict_is_unknown(current: int) -> None:
    reason = f"[a]: version conflict, current version [{current}] is higher or equal to the one provided [5]"
    (result,) = read_bulk_answer(200, answer({"index": refused(409, CONFLICT, reason)}), expected_items=1)
    assert result == ItemVerdict(Verdict.CONFLICT, CONFLICT, None)


def test_a_conflict_in_other_words_has_no_current_version() -> None:
    (result,) = read_bulk_answer(200, answer({"index": refused(409, CONFLICT, "no")}), expected_items=1)
    assert result == ItemVerdict(Verdict.CONFLICT, CONFLICT, None)


def test_verdicts_stand_in_the_order_of_the_request() -> None:
    body = answer({"index": {"status": 201}}, {"delete": refused(429, "x")}, {"index": {"status": 200}})
    verdicts = [result.verdict for result in read_bulk_answer(200, body, expected_items=3)]
    assert verdicts == [Verdict.DONE, Verdict.RETRYABLE, Verdict.DONE]


def all_done(*items: bytes, end: bytes = b"]}") -> bytes:
    return b'{"took":3,"errors":false,"items":[' + b",".join(items) + end


def done(document_id: str = "a", status: int = 201) -> bytes:
    return json.dumps({"index": {"_id": document_id, "status": status}}, separators=(",", ":")).encode()


def test_an_answer_without_errors_is_counted_and_not_read_item_by_item() -> None:
    body = all_done(b'{"index":{"status":201}, not looked at ]}', b'{"index":{"status":200}}')
    assert [result.verdict for result in read_bulk_answer(200, body, expected_items=2)] == [Verdict.DONE] * 2


@pytest.mark.parametrize("items", [0, 1, 2, 4, 6])
def test_an_answer_without_errors_for_another_number_of_items_is_no_success(items: int) -> None:
    with pytest.raises(BulkRequestError, match=f"3 items was answered with {items}"):
        read_bulk_answer(200, all_done(*[done()] * items), expected_items=3)


@pytest.mark.parametrize("kept", [1, 2, 3])
@pytest.mark.parametrize("end", [b"", b",", b"]", b"}"])
def test_an_answer_without_errors_that_is_cut_off_behind_an_item_is_no_success(kept: int, end: bytes) -> None:
    with pytest.raises(BulkRequestError, match="cut off"):
        read_bulk_answer(200, all_done(*[done()] * kept, end=end), expected_items=3)


@pytest.mark.parametrize(
    "document_id", ['"status":2', '\\"status":2', '{"index":{"status":201}}', '","status":201,"x":"']
)
def test_an_id_that_looks_like_a_status_is_not_counted(document_id: str) -> None:
    assert len(read_bulk_answer(200, all_done(done(document_id), done()), expected_items=2)) == 2
    with pytest.raises(BulkRequestError, match="2 items was answered with 1"):
        read_bulk_answer(200, all_done(done(document_id)), expected_items=2)


def test_an_answer_that_contradicts_itself_is_read_item_by_item() -> None:
    error = json.dumps({"index": refused(429, "rejected_execution_exception")}, separators=(",", ":")).encode()
    results = read_bulk_answer(200, all_done(done(), error, done()), expected_items=3)
    assert [result.verdict for result in results] == [Verdict.DONE, Verdict.RETRYABLE, Verdict.DONE]


def test_deletes_of_missing_documents_and_answers_with_blanks_are_read_item_by_item() -> None:
    items = [{"delete": {"status": 404, "result": "not_found"}}, {"index": {"status": 201}}]
    for indent in (None, 2):
        body = json.dumps({"took": 1, "errors": False, "items": items}, indent=indent).encode()
        assert [result.verdict for result in read_bulk_answer(200, body, expected_items=2)] == [Verdict.DONE] * 2


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b'{"took":3,"errors":false,"items":[{"index"',
        b'{"took":3,"errors":true,"items":[{"index":{"status":201}},',
        b"<html>It works!</html>",
        b"null",
        b"[]",
        b'{"items":null}',
        b'{"items":[null]}',
        b'{"items":[{}]}',
        b'{"items":[{"index":null}]}',
        b'{"items":[{"index":{}}]}',
        b'{"items":[{"index":{"status":"201"}}]}',
        b'{"items":[]}',
        b'{"items":[{"index":{"status":201}},{"index":{"status":201}}]}',
    ],
)
def test_an_answer_that_is_cut_off_or_no_answer_is_no_success(body: bytes) -> None:
    with pytest.raises(BulkRequestError):
        read_bulk_answer(200, body, expected_items=1)


@pytest.mark.parametrize(
    ("status", "body", "verdict"),
    [
        (400, b'{"error":{"type":"action_request_validation_exception"}}', Verdict.REFUSED),
        (400, b"not json", Verdict.REFUSED),
        (413, b"", Verdict.REFUSED),
        (400, b'{"error":{"type":"index_closed_exception"}}', Verdict.RETRYABLE),
        (400, b'{"error":"a text"}', Verdict.REFUSED),
        (401, b"", Verdict.RETRYABLE),
        (403, b'{"error":{"type":"security_exception"}}', Verdict.RETRYABLE),
        (404, b'{"error":{"type":"index_not_found_exception"}}', Verdict.RETRYABLE),
        (429, b"", Verdict.RETRYABLE),
        (500, b'{"error":{"type":"input_coercion_exception"}}', Verdict.RETRYABLE),
        (503, b"<html>", Verdict.RETRYABLE),
        (302, b"", Verdict.RETRYABLE),
    ],
)
def test_a_request_that_failed_as_a_whole_gives_all_its_items_one_verdict(
    status: int, body: bytes, verdict: Verdict
) -> None:
    results = read_bulk_answer(status, body, expected_items=2)
    assert [result.verdict for result in results] == [verdict, verdict]
    assert results[0].error_type is not None
    assert results[0].error_type.endswith(f"_{status}")
