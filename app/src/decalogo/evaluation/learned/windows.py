"""What stands near each unit."""

from __future__ import annotations

from typing import Any


def context(starts: Any, reach: tuple[int, int]) -> tuple[Any, Any]:
    """Return first and last unit (excluded) of each unit's context.

    Args:
        starts: for each unit the words before it in the document, and at the end all of them.
        reach: words before and after; a unit that lies in them partly belongs to the context.
    """
    import numpy as np

    low = np.searchsorted(starts[1:], starts[:-1] - reach[0], side="right")
    high = np.searchsorted(starts[:-1], starts[1:] + reach[1], side="left")
    units = np.arange(len(starts) - 1)
    return np.minimum(low, units), np.maximum(high, units + 1)


def around(flags: Any, reach: tuple[int, int], own: bool = True) -> Any:
    """Return for each unit whether a flag stands in it or in units before and after (``own``: it counts itself)."""
    import numpy as np

    found = flags.copy() if own else np.zeros_like(flags)
    for away in range(1, reach[0] + 1):
        np.maximum(found[away:], flags[:-away], out=found[away:])
    for away in range(1, reach[1] + 1):
        np.maximum(found[:-away], flags[away:], out=found[:-away])
    return found
