"""The errors of an analysis, sorted by what happens next.

* ScilearnError
  - PermanentError       the request can never succeed as it is: settled as failed, never run again by Lambda's retries
  - TransientError       the same message may succeed later: Lambda's retries run it again
  - AnalysisFailedError  the end of a settled failure: raised so that the on-failure destination gets the message
  - PoisonMessageError   not a message of ours: nothing to settle, the on-failure destination gets it

Messages say what and what to do; never a value of the data. SciPy, scikit-learn and DuckDB quote values in theirs, so
only the types of their errors are kept.
"""


class ScilearnError(Exception):
    """Anything that this image itself raises."""


class PermanentError(ScilearnError):
    """`code` is stable, for programs and for `redrive --reason`; the message is for the client."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class TransientError(ScilearnError):
    """A service that the analysis needs did not do its part. `code` says which."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class AnalysisFailedError(ScilearnError):
    """The request is settled as failed; its text is `request id: code: message`."""


class PoisonMessageError(ScilearnError):
    """The event is not one SQS record with an analysis request in it."""
