"""Says where an unexpected error was raised, without its message: that may quote an item."""

from pathlib import PurePath


def error_place(error: BaseException) -> str:
    """Gives the error's type and the line that raised it: `KeyError at routes.py:52`."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return type(error).__name__
    return f"{type(error).__name__} at {PurePath(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"
