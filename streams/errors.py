"""Sorts what a stream's API raises into the three errors that readers handle; all others pass through."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import ClientError

from streams.reader import IteratorExpiredError, RecordsTrimmedError, ShardGoneError


@contextmanager
def sorted_stream_errors() -> Iterator[None]:
    """Raises the reader's own errors in place of botocore's, by AWS's error codes.

    A shard or sequence number that is unknown is `ResourceNotFoundException` (both services); an iterator that the
    emulator can't parse any more is a `ValidationException`, AWS's is `ExpiredIteratorException`.
    """
    try:
        yield
    except ClientError as error:
        code, message = error.response["Error"].get("Code", ""), str(error)
        if code == "ExpiredIteratorException" or (code == "ValidationException" and "terator" in message):
            raise IteratorExpiredError(message) from error
        if code == "TrimmedDataAccessException":
            raise RecordsTrimmedError(message) from error
        if code == "ResourceNotFoundException":
            raise ShardGoneError(message) from error
        raise
