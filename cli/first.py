"""The first thing of a process: Ctrl-C ends it at once and quietly. Every other import comes after it.

It uses what the interpreter has loaded already: `signal` itself imports `enum`, which takes long enough to be hit.
"""

import _signal  # type: ignore[import-not-found]  # the same functions, without the enums around them
import os

INTERRUPTED = 130
"""What a shell says of SIGINT."""
SHOW_CURSOR = b"\x1b[?25h"


def end_at_once() -> None:
    """Makes SIGINT end the process. One that the caller ignores stays ignored, as in a background job."""
    if _signal.getsignal(_signal.SIGINT) != _signal.SIG_IGN:
        _signal.signal(_signal.SIGINT, end)


def end(_number: int, _frame: object) -> None:
    """Ends the process here and now; nothing is held that had to be let go of."""
    if os.isatty(2) and os.environ.get("TERM") != "dumb":
        os.write(2, SHOW_CURSOR)  # a live line hides it
    os._exit(INTERRUPTED)
