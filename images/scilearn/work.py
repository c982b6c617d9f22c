"""The work between claim and settlement: check the request, read its input, analyse, draw, store.

The result names everything that it depends on: the request's analysis, options and seed, what was read of the input,
and the libraries' versions. No time is in it, so the same request over the same data gives the same bytes. BLAS and
OpenMP run on one thread for the same reason: the order of sums is then always the same.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from scilearn.analyses import ANALYSES
from scilearn.errors import PermanentError
from scilearn.inputs import Inputs, Wanted
from scilearn.outcome import Outcome
from scilearn.request_schema import checked
from scilearn.result_store import ResultStore
from scilearn.service import Finished
from scilearn.table import Table
from scilearn.time_limit import time_limit

LIBRARIES = ("numpy", "pandas", "scikit-learn", "scipy")


@dataclass(frozen=True, kw_only=True)
class Work:
    """Inputs to read from, a store to write to, and how a plot becomes a PNG."""

    inputs: Inputs
    store: ResultStore
    png: Callable[[Any], bytes]

    def __call__(self, request_id: str, request: Any, seconds_left: float) -> Finished:
        """Raises PermanentError or TransientError."""
        with time_limit(seconds_left):
            filled = checked(request)
            analysis = ANALYSES[filled["analysis"]]
            wanted = Wanted(
                columns=analysis.columns_of(filled["options"]),
                max_rows=filled["max_rows"],
                seed=filled["seed"],
                may_sample=analysis.may_sample,
            )
            table = self.inputs.read(filled["input"], wanted)
            outcome = analysed(filled, table)
            plots = {name: self.png(draw) for name, draw in outcome.plots.items()} if filled["plots"] else {}
            result = {
                "analysis": filled["analysis"],
                "options": filled["options"],
                "seed": filled["seed"],
                "input": {"type": filled["input"]["type"], **table.summary()},
                "result": outcome.result,
                "libraries": {name: version(name) for name in LIBRARIES},
            }
        summary = table.summary()
        rows = {name: summary[name] for name in ("rows_seen", "rows_used", "sampled")}
        stored = self.store.put(request_id, result, plots)
        return Finished(analysis=filled["analysis"], result=stored, rows=rows)


def analysed(request: dict[str, Any], table: Table) -> Outcome:
    """Runs the analysis of a checked request. What the libraries can't do with the data is a PermanentError."""
    import sklearn.base  # noqa: F401 - brings OpenMP: only libraries that are loaded already can be limited
    from threadpoolctl import threadpool_limits

    analysis = ANALYSES[request["analysis"]]
    with threadpool_limits(limits=1), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # they quote data; what matters of them is in the results
        try:
            return analysis.run(table, request["options"], request["seed"])
        except (ValueError, FloatingPointError, OverflowError, ZeroDivisionError) as error:
            text = f"The libraries can't do this with the data ({type(error).__name__})."
            raise PermanentError("not_computable", text) from None
