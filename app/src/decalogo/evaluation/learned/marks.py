"""Marks of a unit: kinds of its numbers, titles of a table above it, its kind and length, the points that it names."""

from __future__ import annotations

from collections.abc import Sequence

from decalogo.evaluation.learned.headers import Above
from decalogo.evaluation.learned.words import Lexicon

QUANTITIES = "qmda"
NO_DATA = "N"
NUMBERS = "qyamd%$N"
"""Class letters of quantities, of missing data, and of all that is a number or stands for one."""


def number_marks(shape: str, title: Above | None) -> list[str]:
    """Return the marks of a unit's numbers and of the titles above it."""
    kinds = sorted({sign for sign in shape if sign in NUMBERS})
    numbers = sum(sign in QUANTITIES for sign in shape)
    names = [*(f"holds {kind}" for kind in kinds), f"numbers {min(numbers, 4)}"]
    if title is None:
        return names
    names += ["titles", f"titles {min(4, title.distance // 100)}"]
    names += [f"title {role}" for role in title.roles]
    if numbers or NO_DATA in kinds:
        names += [f"number under {role}" for role in title.roles]
    if numbers:
        names.append("number under titles")
    if NO_DATA in kinds:
        names.append("no data under titles")
    if title.distance == 0:
        names.append("is titles")
    return names


def mark_names(lexicon: Lexicon, sections: Sequence[str], point_marks: int) -> tuple[str, ...]:
    """Return the names of all marks; those of the points come last."""
    roles = [at for at, name in enumerate(lexicon.cues) if name.startswith("head_")]
    return (
        *(f"holds {sign}" for sign in NUMBERS),
        *(f"numbers {count}" for count in range(5)),
        "titles",
        "is titles",
        "number under titles",
        "no data under titles",
        *(f"titles {step}" for step in range(6)),
        *(f"{what} {role}" for role in roles for what in ("title", "number under")),
        *(f"{where} {letter}" for letter in lexicon.letters for where in ("begins", "ends")),
        *(f"kind {kind}" for kind in ("prose", "list", "table-row", "heading")),
        *(f"length {step}" for step in range(7)),
        *(f"section {name}" for name in sections),
        *(f"point {number}" for number in range(point_marks)),
    )
