"""What the model finds in a document: for every point and element the units that state it, best first."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from decalogo.evaluation.learned.model import Model
from decalogo.evaluation.learned.pattern_groups import add_patterns, pattern_groups
from decalogo.evaluation.learned.point_marks import point_marks
from decalogo.evaluation.matching.match import Match
from decalogo.evaluation.matching.reading import UnitReading
from decalogo.evaluation.matching.sections import Sections
from decalogo.evaluation.rubric import Rubric

SOFT_STEPS = 1024
"""Steps of a logarithm's unit in ``Model.soft``."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A unit that states an element about a point.

    Attributes:
        unit: index of the unit.
        confidence: probability that a careful reader agrees, percent.
        relevance: probability that the unit is about the point, from 0 to 1.
    """

    unit: int
    confidence: int
    relevance: float


class Findings:
    """The model's findings in one document.

    Args:
        model: the rubric's model.
        rubric: the rubric.
        reading: the document's units, headings among them.

    Attributes:
        near: indexes of the units that are about a point, rising.
    """

    def __init__(self, model: Model, rubric: Rubric, reading: UnitReading) -> None:
        import numpy as np

        self._model = model
        self._columns = {key: number for number, key in enumerate(model.keys)}
        self._points = {point: number for number, point in enumerate(model.points)}
        sections = Sections(rubric, reading.engine.patterns)
        kinds = [sections.kind(unit.section) for unit in reading.units]
        self._features = model.extractor.extract(reading.units, kinds, point_marks(reading, rubric))
        decision = model.header["decision"]
        self._about = model.log_probability(model.about.scores(self._features))
        self.near = np.flatnonzero((self._about >= decision["least_about"]).any(1)).tolist()
        self._row: dict[int, int] = {}
        self._units: Any = None
        self._stated: Any = None

    def score_elements(self, rubric: Rubric, reading: UnitReading, units: Sequence[int]) -> None:
        """Score the elements in some units, rising, once their patterns are known."""
        import numpy as np

        self._units = np.array(units, np.int64)
        self._row = {unit: row for row, unit in enumerate(units)}
        add_patterns(self._features.patterns, reading.units, units, list(pattern_groups(rubric).values()))
        self._stated = self._model.log_probability(self._model.elements.scores(self._features, self._units))

    def covers(self, question: str, element: str) -> bool:
        """Return whether the model knows an element."""
        return (question, element) in self._columns

    def find(self, point: str, question: str, element: str, matches: Sequence[Match], most: int) -> list[Finding]:
        """Return the best findings of an element, best first.

        Args:
            point: id of the point.
            question: id of the question.
            element: name of the element.
            matches: where the rubric's patterns found it: these units count more, most in the columns of a table.
            most: findings to return at most.
        """
        import numpy as np

        decision = self._model.header["decision"]
        output, about = self._columns[question, element], self._points[point]
        relevance = self._about[self._units, about]
        score = self._stated[:, output] + relevance * decision["about_weight"] // SOFT_STEPS
        about_point = relevance >= decision["least_about"]
        for match in matches:  # terms of the point stand near
            row = self._row[match.unit.index]
            score[row] += decision["column_bonus" if match.unit.roles else "pattern_bonus"]
            about_point[row] |= bool(match.unit.roles) or relevance[row] >= decision["least_named"]
        found = np.flatnonzero(about_point & (score >= decision["thresholds"][output]))
        best = sorted(found.tolist(), key=lambda row: (-int(score[row]), row))[:most]
        return [
            Finding(
                int(self._units[row]),
                self._confidence(output, int(score[row])),
                self._share(int(relevance[row])),
            )
            for row in best
        ]

    def explain(self, unit: int, question: str, element: str) -> list[str]:
        """Return what in a unit spoke most for an element."""
        return self._model.elements.strongest(self._features, unit, self._columns[question, element])

    def _confidence(self, output: int, score: int) -> int:
        decision = self._model.header["decision"]
        return int(decision["percent"][max(0, bisect_right(decision["confidence"][output], score) - 1)])

    def _share(self, logarithm: int) -> float:
        """Return a probability of three digits from its logarithm by the model's own table."""
        shares = self._model.header["decision"]["shares"]
        return max(1, bisect_right(shares, logarithm)) / 1000
