"""Holds a fake boto3 client against AWS's models: what it takes, and what it answers.

A fake that answers what AWS would refuse to be asked, or as AWS never answers, proves nothing.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import botocore.session
from botocore import xform_name
from botocore.validate import ParamValidator

from tests.service_models.limits import limits_broken

Fake = TypeVar("Fake", bound=type)

# A fake says what the code under test reads, and no more; a short name in it is as good as one of AWS's.
_LEFT_OUT = ("Missing required parameter", "valid min length")


def speaks(*services: str) -> Callable[[Fake], Fake]:
    """Checks each method of a class that is called as an operation of the services; the others are the tests' own."""

    def dressed(fake: Fake) -> Fake:
        for name, method in list(vars(fake).items()):
            if operations := [known[name] for known in map(_operations, services) if name in known]:
                setattr(fake, name, _checked(method, operations))
        return fake

    return dressed


def wrong_call(operation: Any, arguments: dict[str, Any]) -> list[str]:
    """Returns what AWS, or botocore before it, would refuse."""
    report = ParamValidator().validate(arguments, operation.input_shape)
    return [*report.generate_report().splitlines(), *limits_broken(arguments, operation.input_shape)]


def wrong_answer(operation: Any, answer: dict[str, Any]) -> list[str]:
    """Returns what AWS never answers: members of other names or types."""
    answer = {name: member for name, member in answer.items() if name != "ResponseMetadata"}
    if operation.output_shape is None:
        return [f"{operation.name} answers nothing"] if answer else []
    report = ParamValidator().validate(answer, operation.output_shape).generate_report().splitlines()
    wrong = [line for line in report if not any(words in line for words in _LEFT_OUT)]
    return [*wrong, *limits_broken(answer, operation.output_shape)]


@functools.cache
def _operations(service: str) -> dict[str, Any]:
    model = botocore.session.get_session().get_service_model(service)
    return {xform_name(name): model.operation_model(name) for name in model.operation_names}


def _checked(method: Callable[..., Any], operations: list[Any]) -> Callable[..., Any]:
    """Of several services' operations of this name, the call and the answer have to be right for one."""

    @functools.wraps(method)
    def checked(self: Any, **arguments: Any) -> Any:
        refusals = {operation: wrong_call(operation, arguments) for operation in operations}
        fitting = [operation for operation, wrong in refusals.items() if not wrong]
        assert fitting, f"AWS would refuse: {list(refusals.values())}"
        answer = method(self, **arguments)
        wrong = [wrong_answer(operation, answer) for operation in fitting]
        assert not all(wrong), f"AWS never answers {method.__name__} so: {wrong}"
        return answer

    return checked
