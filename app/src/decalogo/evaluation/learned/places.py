"""Where a document treats each point: the stretches of text that are most about it, up to a fixed length.

Only these stretches count for a point. A long document therefore has no more chances to state an element than a short
one, and two joined documents have hardly more than the better of them. A remark elsewhere does not count.
"""

from __future__ import annotations

from typing import Any

from decalogo.evaluation.learned.windows import context


def depths(shares: Any, starts: Any, reach: int) -> Any:
    """Return for each unit and point how many words of the document are at least as much about it, the unit's included.

    Units are ranked by the mean share of the text around them; of equal ones the first comes first.

    Args:
        shares: a row per unit, a column per point: how much the unit is about it, whole numbers.
        starts: for each unit the words before it in the document, and at the end all of them.
        reach: words before and after a unit that count as the text around it.
    """
    import numpy as np

    lengths = np.maximum(1, np.diff(starts))
    before = np.concatenate([[0], np.cumsum(lengths)])
    low, high = context(starts, (reach, reach))
    found = np.zeros(shares.shape, np.int32)
    for point in range(shares.shape[1]):
        mass = np.concatenate([[0], np.cumsum(shares[:, point].astype(np.int64) * lengths)])
        mean = 1000 * (mass[high] - mass[low]) // (before[high] - before[low])
        ranked = np.argsort(-mean, kind="stable")
        found[ranked, point] = np.cumsum(lengths[ranked])
    return found
