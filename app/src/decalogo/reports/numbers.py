"""Round numbers for display in the same way in every format."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal


def rounded(value: float, digits: int = 1) -> str:
    """Return ``value`` with ``digits`` decimals; halves are rounded up, as spreadsheets do (36.25 is 36.3)."""
    return str(Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP))


def page_ranges(pages: Sequence[int]) -> str:
    """Return page numbers as ranges: ``1, 3–7, 9``."""
    runs: list[list[int]] = []
    for page in sorted(set(pages)):
        if runs and page == runs[-1][1] + 1:
            runs[-1][1] = page
        else:
            runs.append([page, page])
    return ", ".join(f"{low}" if low == high else f"{low}–{high}" for low, high in runs)
