"""Items that DynamoDB takes and that break a naive sync: names, types, digits and sizes that an index refuses.

The attributes' names are always the same, because an index keeps each as a field for ever.
"""

from ops.smoke.arrival import wait_for_arrival
from ops.smoke.own_items import write_items
from ops.smoke.scene import Attributes, Scene

_DEEP: Attributes = {"S": "bottom"}
for _ in range(25):
    _DEEP = {"L": [_DEEP]}  # not maps: each level of those would be a field, too

HOSTILE: dict[str, Attributes] = {
    "text-first": {"smoke_kind": {"S": "a text"}},
    "then-map": {"smoke_kind": {"M": {"a": {"S": "map where the other has a text"}}}},
    "own-field": {"_id": {"S": "a name that OpenSearch keeps for itself"}},
    "names": {"smoke_names": {"M": {"": {"N": "1"}, ".": {"N": "2"}, "a..b": {"N": "3"}, "%": {"N": "4"}}}},
    "dotted": {"smoke_file": {"S": "a.pdf"}, "smoke_file.size": {"N": "10"}},
    "digits": {"smoke_digits": {"L": [{"N": "9" * 38}, {"N": "1E+125"}, {"N": "-1E-130"}]}},
    "binary": {"smoke_binary": {"B": b"\x00\xff"}, "smoke_set": {"NS": ["1", "-2.5"]}},
    "deep": {"smoke_deep": _DEEP},
    "long": {"smoke_long": {"S": "\u00e4 " * 40_000}},
    'quotes "}}\n|%': {"smoke_nothing": {"NULL": True}},
}


def hostile_items_arrive(scene: Scene) -> str:
    """Writes them by DynamoDB itself, which takes what the API's JSON can't say, and sees each whole in every index."""
    items = [scene.item(name, attributes) for name, attributes in HOSTILE.items()]
    write_items(scene, items)
    wait_for_arrival(scene, {item["id"]["S"]: item for item in items})
    return f"{len(items)} items that a naive sync loses are whole in every index"
