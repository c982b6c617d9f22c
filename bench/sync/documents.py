"""The benchmark's documents: seeded items of four sizes, the flights as they are, and the order in which they change.

An item's size is that of its document's JSON, in bytes; ids, sizes and values follow from the seed alone.
"""

import itertools
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from changefeed.decode.attribute_values import encode_document
from demo.flights import Kind, flight_changes

SIZES: Mapping[str, int] = {"0.3 KB": 300, "1 KB": 1_000, "10 KB": 10_000, "100 KB": 100_000}
ZIPF_EXPONENT = 1.0
_TEXT = (
    "amber basin cargo delta ember fjord grain harbor island jetty kelp lagoon marsh north ocean pier quay "
    "river shore tide under valley wharf yard zenith order parcel label scale crate pallet truck route depot "
    "gate"
)
_WORDS = _TEXT.split()
_CITIES = ("Aarhus", "Bilbao", "Cádiz", "Durban", "Esbjerg", "Fredericton", "Göteborg", "Hobart")
_STATES = ("open", "paid", "packed", "sent", "returned")

Item = dict[str, dict[str, Any]]
"""DynamoDB JSON."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """One change: the item's key and, unless it was removed, its whole new image."""

    key: Item
    image: Item | None


def order(number: int, size_bytes: int, chance: random.Random) -> Item:
    """Makes an order as shops keep them: 28 values at 1 KB, more lines the larger it is, filled up with prose."""
    item: Item = {
        "id": {"S": f"order-{number:08}"},
        "customer": {"S": f"customer-{chance.randrange(100_000):06}"},
        "state": {"S": chance.choice(_STATES)},
        "placed_at": {"S": f"2026-01-{chance.randrange(1, 29):02}T{chance.randrange(24):02}:15:42.{number % 1000:03}Z"},
        "total": {"N": f"{chance.randrange(100, 100_000) / 100}"},
        "paid": {"BOOL": chance.random() < 0.8},
    }
    if size_bytes >= SIZES["1 KB"]:
        item |= {
            "currency": {"S": "EUR"},
            "weight_grams": {"N": str(chance.randrange(50, 30_000))},
            "discount": {"NULL": True},
            "updated_at": {"N": str(1_767_323_045_000 + number)},
            "address": {
                "M": {
                    "street": {"S": f"{chance.choice(_WORDS).title()} street {chance.randrange(1, 200)}"},
                    "city": {"S": chance.choice(_CITIES)},
                    "zip": {"S": f"{chance.randrange(10_000, 99_999)}"},
                    "position": {"L": [{"N": f"{chance.uniform(-90, 90):.6f}"}, {"N": f"{chance.uniform(0, 90):.6f}"}]},
                }
            },
            "tags": {"SS": sorted(chance.sample(_WORDS, 3))},
            "lines": {"L": [_line(chance) for _ in range(1 + size_bytes // 2_000)]},
        }
    missing = size_bytes - len(encode_document(item)) - len(',"note":""')
    return item | {"note": {"S": _prose(missing, chance)}}


def _line(chance: random.Random) -> dict[str, Any]:
    return {
        "M": {
            "sku": {"S": f"SKU-{chance.randrange(10**6):06}"},
            "count": {"N": str(chance.randrange(1, 9))},
            "price": {"N": f"{chance.randrange(100, 50_000) / 100}"},
            "gift": {"BOOL": chance.random() < 0.1},
        }
    }


def _prose(length: int, chance: random.Random) -> str:
    words = " ".join(chance.choices(_WORDS, k=max(1, length // 4)))
    return words[: max(0, length)]


def orders(count: int, size_bytes: int, *, seed: int = 7) -> list[Change]:
    """Makes `count` different orders, each inserted once."""
    chance = random.Random(seed)  # noqa: S311 — documents, not secrets
    return [_put(order(number, size_bytes, chance)) for number in range(count)]


def delete_heavy(count: int, *, seed: int = 7) -> list[Change]:
    """Makes 1 KB orders, half of them removed again soon after."""
    chance = random.Random(seed)  # noqa: S311
    changes: list[Change] = []
    for number in itertools.count():
        if len(changes) >= count:
            return changes[:count]
        changes.append(_put(order(number, SIZES["1 KB"], chance)))
        if chance.random() < 0.5:
            changes.append(Change(key=changes[-1].key, image=None))
    raise AssertionError


def with_duplicates(count: int, *, share: float = 0.3, seed: int = 7) -> list[Change]:
    """Makes 1 KB orders, a share of which are earlier changes that come a second time."""
    chance = random.Random(seed)  # noqa: S311
    changes: list[Change] = []
    fresh = 0
    while len(changes) < count:
        if changes and chance.random() < share:
            changes.append(chance.choice(changes))
        else:
            changes.append(_put(order(fresh, SIZES["1 KB"], chance)))
            fresh += 1
    return changes


def zipf(count: int, *, keys: int = 5_000, seed: int = 7) -> list[Change]:
    """Makes changes of 1 KB orders whose keys are drawn by Zipf's law: a few items change all the time."""
    chance = random.Random(seed)  # noqa: S311
    weights = list(itertools.accumulate(1 / rank**ZIPF_EXPONENT for rank in range(1, keys + 1)))
    numbers = chance.choices(range(keys), cum_weights=weights, k=count)
    return [_put(order(number, SIZES["1 KB"], chance)) for number in numbers]


def flights(count: int) -> list[Change]:
    """Repeats the demo's day of flights with other ids until there are enough changes."""
    return list(itertools.islice(_flights(), count))


def _flights() -> Iterator[Change]:
    day = flight_changes()
    for copy in itertools.count():
        for change in day:
            key = {"id": {"S": f"{change.flight_id}-{copy}"}}
            if change.kind is Kind.REMOVE or change.item is None:
                yield Change(key=key, image=None)
            else:
                yield Change(key=key, image={name: _attribute(value) for name, value in change.item.items()} | key)


def _attribute(value: Any) -> dict[str, Any]:
    if value is None:
        return {"NULL": True}
    if isinstance(value, int | Decimal):
        return {"N": str(value)}
    return {"S": value}


def _put(image: Item) -> Change:
    return Change(key={"id": image["id"]}, image=image)
