"""Writing by batches: until the table has taken everything."""

from typing import Any

from ops.batch_write import write_all
from tests.service_models.fake_client import speaks


@speaks("dynamodb")
class BusyTable:
    """Takes two requests of each BatchWriteItem."""

    def __init__(self) -> None:
        self.taken: list[Any] = []
        self.sizes: list[int] = []

    def batch_write_item(self, *, RequestItems: dict[str, list[Any]]) -> dict[str, Any]:
        ((table, requests),) = RequestItems.items()
        self.sizes.append(len(requests))
        self.taken += requests[:2]
        return {"UnprocessedItems": {table: requests[2:]} if requests[2:] else {}}


def test_a_write_goes_on_until_the_table_has_taken_everything() -> None:
    table = BusyTable()
    requests = [{"PutRequest": {"Item": {"n": {"N": str(number)}}}} for number in range(28)]
    assert write_all(table, "t", requests) == 28
    assert table.taken == requests
    assert table.sizes == [*range(25, 0, -2), 3, 1], "25 at a time"
    assert write_all(table, "t", []) == 0
