"""Which rows of a large input are used: a simple random sample without replacement, by seed, in little memory.

The numbers are drawn block by block: how many of a block are chosen is hypergeometric, and which of it is uniform, so
every subset is as likely as with one draw over all rows. It depends on NumPy's generator alone, not on the reader.
(DuckDB's own reservoir needed 3.5 times the sample's size beyond its memory limit: 12 texts of 200 characters in 17,000
rows failed with 150 MB.)
"""

from typing import Any

import numpy as np

BLOCK_ROWS = 100_000
MOST_ROWS = 10**9
"""NumPy's limit of a hypergeometric draw."""


def chosen_rows(total: int, wanted: int, seed: int) -> Any:
    """Draws `wanted` different numbers below `total`, as a sorted int64 array."""
    draw = np.random.default_rng(seed)
    found = [np.empty(0, dtype=np.int64)]
    left = min(wanted, total)
    for start in range(0, total, BLOCK_ROWS):
        size = min(BLOCK_ROWS, total - start)
        count = int(draw.hypergeometric(left, total - start - left, size)) if left else 0
        found.append(start + np.sort(draw.choice(size, count, replace=False)))
        left -= count
    return np.concatenate(found).astype(np.int64)
