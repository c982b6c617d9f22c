"""Measures how fast `verify` compares, in how much memory, and if it finds and repairs every seeded difference.

A generated pair of N items stands behind the same clients as table and index do, without services: what is measured
is the comparison from parsed items and from the text of search pages on. The generator's time is measured separately
and reported. Prints JSON.

Example: python -m bench.verify --items 1000000
"""

import contextlib
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import orjson

from bench.items import identifier, number_of
from bench.measurement import leave, parser
from ops.verify.index_walk import Index
from ops.verify.table_walk import Table
from ops.verify.verification import Plan, verify

PAGE_ITEMS = 1_500  # about what a megabyte of these items is
VERSION = 1_700_000_000_000_000


def image(number: int) -> dict[str, Any]:
    """Makes an item of about 400 bytes, as boto3 gives it."""
    return {
        "id": {"S": identifier(number)},
        "carrier": {"S": "UA"},
        "flight": {"N": str(number)},
        "origin": {"S": "EWR"},
        "destination": {"S": "IAH"},
        "dep_delay": {"N": "-2"},
        "air_time": {"N": f"{number % 977}.5"},
        "distance": {"N": "1400"},
        "cancelled": {"BOOL": False},
        "tail": {"S": "N14228"},
        "scheduled": {"S": "2013-01-01T05:15:00-05:00"},
        "stops": {"L": [{"S": "EWR"}, {"S": "IAH"}]},
        "weather": {"M": {"wind": {"N": "12.65858"}, "visibility": {"N": "10"}}},
    }


def text(number: int, *, flight: str | None = None) -> str:
    """Makes the document of an item."""
    return (
        f'{{"id":"{identifier(number)}","carrier":"UA","flight":{flight or number},"origin":"EWR","destination":"IAH",'
        f'"dep_delay":-2,"air_time":{number % 977}.5,"distance":1400,"cancelled":false,"tail":"N14228",'
        '"scheduled":"2013-01-01T05:15:00-05:00","stops":["EWR","IAH"],'
        '"weather":{"wind":12.65858,"visibility":10}}'
    )


class GeneratedPair:
    """Stands in for both clients. The first `items` numbers are in the table; orphans have numbers above."""

    def __init__(self, items: int, seeded: int, chance: random.Random) -> None:
        self.items = items
        each = seeded // 3
        chosen = chance.sample(range(items), each * 2)
        self.missing, self.stale = set(chosen[:each]), set(chosen[each:])
        self.orphans = set(range(items, items + seeded - each * 2))
        self.repaired: dict[int, tuple[int, str] | None] = {}
        self.transport = SimpleNamespace(deserializer=None)

    # DynamoDB's client
    def describe_table(self, *, TableName: str) -> dict[str, Any]:
        return {
            "Table": {
                "TableArn": f"arn:aws:dynamodb:eu-west-1:000000000000:table/{TableName}",
                "KeySchema": [{"AttributeName": "id"}],
                "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                "ItemCount": self.items,
            }
        }

    def scan(self, **arguments: Any) -> dict[str, Any]:
        segment, total = arguments["Segment"], arguments["TotalSegments"]
        last = self.items * (segment + 1) // total
        start = arguments.get("ExclusiveStartKey")
        first = number_of(start["id"]["S"]) + 1 if start else self.items * segment // total
        end = min(last, first + PAGE_ITEMS)
        answer: dict[str, Any] = {"Items": [image(number) for number in range(first, end)]}
        if end < last:
            answer["LastEvaluatedKey"] = {"id": {"S": identifier(end - 1)}}
        return answer

    def batch_get_item(self, *, RequestItems: Mapping[str, Any]) -> dict[str, Any]:
        ((table, request),) = RequestItems.items()
        numbers = [number_of(key["id"]["S"]) for key in request["Keys"]]
        return {"Responses": {table: [image(number) for number in numbers if number < self.items]}}

    # OpenSearch's client
    def count(self, **_: Any) -> dict[str, Any]:
        return {"count": str(self.items)}

    def create_pit(self, **_: Any) -> dict[str, Any]:
        return {"pit_id": "pit"}

    def delete_pit(self, **_: Any) -> None:
        return

    def search(self, *, body: Mapping[str, Any]) -> Any:
        number = number_of(body["search_after"][0]) + 1 if "search_after" in body else 0
        hits: list[str] = []
        while len(hits) < body["size"] and number < self.items + len(self.orphans):
            document = self.document(number)
            if document is not None:
                hits.append(f'{{"_index":"lab","_id":"{identifier(number)}","_score":null,"_source":{document[1]}}}')
            number += 1
        return self._loads('{"timed_out":false,"_shards":{"failed":0},"hits":{"hits":[' + ",".join(hits) + "]}}")

    def mget(self, *, body: Mapping[str, Any], **_: Any) -> Any:
        docs = []
        for key in body["ids"]:
            document = self.document(number_of(key))
            found = f'"found":true,"_version":{document[0]},"_source":{document[1]}' if document else '"found":false'
            docs.append(f'{{"_id":"{key}",{found}}}')
        return self._loads('{"docs":[' + ",".join(docs) + "]}")

    def document(self, number: int) -> tuple[int, str] | None:
        if number in self.repaired:
            return self.repaired[number]
        if number in self.missing:
            return None
        return VERSION, text(number, flight="1.5" if number in self.stale else None)

    def send(self, body: bytes, _seconds: float) -> tuple[int, bytes]:
        lines = iter(body.splitlines())
        for line in lines:
            ((operation, target),) = orjson.loads(line).items()
            written = (target["version"], next(lines).decode()) if operation == "index" else None
            self.repaired[number_of(target["_id"])] = written
        return 200, b'{"took":1,"errors":false,"items":[]}'

    def _loads(self, answer: str) -> Any:
        return self.transport.deserializer.loads(answer) if self.transport.deserializer else answer


def sources_alone(pair: GeneratedPair) -> float:
    """Measures the CPU seconds that the generator itself takes, without reading what it gives."""
    started = time.process_time()
    start: dict[str, Any] = {}
    while True:
        answer = pair.scan(Segment=0, TotalSegments=1, **start)
        if "LastEvaluatedKey" not in answer:
            break
        start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}
    after = 0
    while after < pair.items:
        pair.search(body={"size": 2_000, "search_after": [identifier(after)]})
        after += 2_000
    return time.process_time() - started


def main() -> int:
    """Runs it. Returns 1 when a seeded difference was not found, or not repaired."""
    arguments = parser("verify", __doc__)
    arguments.add_argument("--items", type=int, default=50_000)
    arguments.add_argument("--seeded", type=int, default=1_000, help="differences of the three kinds (%(default)s)")
    arguments.add_argument("--seed", type=int, default=1)
    options = arguments.parse_args()
    pair = GeneratedPair(options.items, options.seeded, random.Random(options.seed))  # noqa: S311 -- the same pair for the same seed
    generator_seconds = sources_alone(pair)
    walked = walked_cpu = 0.0

    @contextlib.contextmanager
    def show() -> Iterator[Any]:
        nonlocal walked, walked_cpu
        started, started_cpu = time.perf_counter(), time.process_time()
        yield lambda _items, _documents: None
        walked, walked_cpu = time.perf_counter() - started, time.process_time() - started_cpu

    with tempfile.TemporaryDirectory() as directory:
        plan = Plan(directory=Path(directory), settle_seconds=0.5, may_repair=lambda _: True)
        started = time.perf_counter()
        report = verify(Table(pair, "lab"), Index(pair, "lab"), pair.send, plan, show=show)
        seconds = time.perf_counter() - started
        found = report.as_json()
    wanted = {"missing": pair.missing, "stale": pair.stale, "orphaned": pair.orphans}
    complete = all(found[kind]["count"] == len(numbers) for kind, numbers in wanted.items()) and all(
        set(found[kind]["ids"]) <= {identifier(number) for number in numbers} for kind, numbers in wanted.items()
    )
    result = {
        "items": options.items,
        "seconds": round(seconds, 1),
        "walk_seconds": round(walked, 1),
        "walk_cpu_seconds": round(walked_cpu, 1),
        "generator_cpu_seconds": round(generator_seconds, 1),
        "items_per_second": round(options.items / walked),
        "items_per_cpu_second_without_the_generator": round(options.items / (walked_cpu - generator_seconds)),
        "peak_rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "seeded": {kind: len(numbers) for kind, numbers in wanted.items()},
        "found": {kind: found[kind]["count"] for kind in wanted},
        "all_found": complete,
        "equal_after_repair": report.equal,
    }
    return leave(result, ok=complete and report.equal)


if __name__ == "__main__":
    sys.exit(main())
