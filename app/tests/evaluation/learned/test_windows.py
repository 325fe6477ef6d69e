"""What stands near each unit."""

import numpy as np

from decalogo.evaluation.learned.windows import around, context


def test_the_context_reaches_over_units_by_their_words() -> None:
    low, high = context(np.array([0, 10, 20, 30, 40]), (10, 5))
    assert list(zip(low.tolist(), high.tolist(), strict=True)) == [(0, 2), (0, 3), (1, 4), (2, 4)]


def test_flags_of_neighbours_count_once() -> None:
    flags = np.array([[1.0], [0.0], [0.0], [1.0]], np.float32)
    assert around(flags, (1, 1)).ravel().tolist() == [1, 1, 1, 1]
    assert around(flags, (1, 0), own=False).ravel().tolist() == [0, 1, 0, 0]
