"""The sample: exactly as many rows as asked, all different, by seed, and every row as likely as any other."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from scilearn import sampling
from scilearn.sampling import chosen_rows


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 350_000), st.integers(0, 5_000), st.integers(0, 2**31 - 1))
def test_a_sample_has_exactly_the_wanted_rows_in_order_and_by_seed(total: int, wanted: int, seed: int) -> None:
    found = chosen_rows(total, wanted, seed)
    assert len(found) == min(total, wanted)
    assert (np.diff(found) > 0).all()
    assert len(found) == 0 or (found[0] >= 0 and found[-1] < total)
    assert (found == chosen_rows(total, wanted, seed)).all()


def test_every_row_is_as_likely_as_any_other_over_blocks() -> None:
    total = 2 * sampling.BLOCK_ROWS + 50_000
    counts = np.zeros(5)
    for seed in range(40):
        counts += np.histogram(chosen_rows(total, 1_000, seed), bins=5, range=(0, total))[0]
    assert abs(counts - 8_000).max() < 4 * np.sqrt(8_000 * 0.8), counts
