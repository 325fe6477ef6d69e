"""Round numbers for display in the same way in every format."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal


def rounded(value: float, digits: int = 1) -> str:
    """Return ``value`` with ``digits`` decimals; halves are rounded up, as spreadsheets do (36.25 is 36.3)."""
    return str(Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP))
