"""Kinds of numbers that a rubric's clauses may ask for."""

from __future__ import annotations

from enum import StrEnum


class NumberKind(StrEnum):
    """Meaning of a number in a text.

    ``REFERENCE`` is a number that counts nothing: of a law, table, article, page, address, telephone, date, age,
    duration or heading. ``BASE`` is the 100.000 in "por cada 100.000 habitantes".
    """

    QUANTITY = "quantity"
    PERCENT = "percent"
    MONEY = "money"
    YEAR = "year"
    PERIOD = "period"
    REFERENCE = "reference"
    BASE = "base"
