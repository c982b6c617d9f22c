"""What an AWS error means here: worth another try, or not. Only its code is ever shown."""

from typing import Any

_TRANSIENT = frozenset(
    {
        "InternalError",
        "InternalServerError",
        "OperationAborted",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestTimeout",
        "RequestTimeTooSkewed",
        "ServiceUnavailable",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TransactionInProgressException",
        "ExpiredToken",
        "ExpiredTokenException",
    }
)


def error_code(error: BaseException) -> str:
    """Gives AWS's code of a ClientError, otherwise the error's type."""
    response: Any = getattr(error, "response", None)
    if isinstance(response, dict):
        return str(response.get("Error", {}).get("Code", "unknown"))
    return type(error).__name__


def is_transient(error: BaseException) -> bool:
    """True for throttling, 5xx, and whatever got no answer (botocore's connection and time-out errors)."""
    response: Any = getattr(error, "response", None)
    if not isinstance(response, dict):
        return True
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return error_code(error) in _TRANSIENT or status >= 500 or status == 429
