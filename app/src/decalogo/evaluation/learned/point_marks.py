"""Where a document names the points of a rubric, as marks of its units."""

from __future__ import annotations

from decalogo.evaluation.matching.reading import UnitReading
from decalogo.evaluation.rubric import Rubric

MARKS_PER_POINT = 3
"""A strong term in the unit, a weak term in the unit, a heading above that names the point."""


def point_marks(reading: UnitReading, rubric: Rubric) -> list[list[int]]:
    """Return the numbers of the marks of each unit: three for each point, in the rubric's order."""
    marks: list[list[int]] = [[] for _ in reading.units]
    for number, point in enumerate(rubric.data.points):
        first = MARKS_PER_POINT * number
        for index, *found in reading.ranker.named(point):
            marks[index] += [first + at for at, holds in enumerate(found) if holds]
    return marks
