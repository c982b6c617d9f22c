"""Splits sending a bulk request from waiting for its answer: between them the next one is prepared."""

from collections.abc import Callable

from changefeed.errors import BulkRequestError

Answer = Callable[[float], tuple[int, bytes]]
"""Waits so many seconds for a request's HTTP status and answer. Raises BulkRequestError when no complete one came."""

SendBulk = Callable[[bytes, float], tuple[int, bytes]]
"""Sends a bulk body with a time-out in seconds; gives HTTP status and answer. Raises BulkRequestError without one."""

PostBulk = Callable[[bytes, float], Answer]
"""Sends a bulk body with a time-out in seconds, without waiting for its answer."""


def posting(send: SendBulk) -> PostBulk:
    """Adapts a blocking `send` to `PostBulk`: it waits at once and hands the answer over later."""

    def post(body: bytes, timeout_seconds: float) -> Answer:
        try:
            answer = send(body, timeout_seconds)
        except BulkRequestError as error:
            failure = error  # Python unbinds `error` at the end of this block

            def fail(_: float) -> tuple[int, bytes]:
                raise failure

            return fail
        return lambda _: answer

    return post
