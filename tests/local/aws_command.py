"""Stands in for AWS's command line where it isn't installed: botocore's operations and parameters, named as it does.

Enough for the pages' examples: `aws --endpoint-url URL SERVICE OPERATION --parameter VALUE ...`. An operation or a
parameter that AWS's models don't have is an error, as there.
"""

import json
import sys
from typing import Any

import botocore.session
from botocore import xform_name

FLAG = "--"


def main(words: list[str]) -> int:
    """Runs one command, and prints its answer as JSON."""
    _, endpoint_url, service, operation, *options = words
    client = botocore.session.get_session().create_client(service, endpoint_url=endpoint_url)
    [name] = [each for each in client.meta.method_to_api_mapping if each.replace("_", "-") == operation]
    model = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[name])
    members = {FLAG + xform_name(member, "-"): member for member in model.input_shape.members}
    request: dict[str, Any] = {}
    while options:
        flag = options.pop(0)
        shape = model.input_shape.members[members[flag]]
        values = []
        while options and not options[0].startswith(FLAG):
            values.append(options.pop(0))
        request[members[flag]] = _value(shape.type_name, values)
    answer = getattr(client, name)(**request)
    answer.pop("ResponseMetadata")
    print(json.dumps(answer, indent=4, default=str))  # noqa: T201 - its purpose
    return 0


def _value(type_name: str, words: list[str]) -> Any:
    match type_name:
        case "boolean":
            return True
        case "list":
            return words
        case "structure" | "map":
            return json.loads(words[0])
        case "integer" | "long":
            return int(words[0])
        case _:
            return words[0]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
