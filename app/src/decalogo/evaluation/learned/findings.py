"""What the model finds in a document: for every point and element the units that state it, best first."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from decalogo.evaluation.learned.model import Model
from decalogo.evaluation.learned.pattern_groups import add_patterns, pattern_groups
from decalogo.evaluation.learned.places import depths
from decalogo.evaluation.learned.point_marks import MARKS_PER_POINT, point_marks
from decalogo.evaluation.matching.match import Match
from decalogo.evaluation.matching.reading import UnitReading
from decalogo.evaluation.matching.relevance import Focus
from decalogo.evaluation.matching.sections import Sections
from decalogo.evaluation.rubric import Rubric

SOFT_STEPS = 1024
"""Steps of a logarithm's unit in ``Model.soft``."""
_ROW = 500
"""Share of a row of a ruled table whose columns name the point."""
LEAST_POSSIBLE = 20
"""Confidence from which on a unit that does not count is worth a look, percent."""


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


@dataclass(frozen=True, slots=True)
class _Candidates:
    """The units that may state an element about one point.

    Attributes:
        rows: their rows among the scored units, rising.
        units: their indexes in the document, rising.
        score: what speaks for each without the element.
        about: whether it is about the point even where no pattern finds the element.
        at: index of a unit in the document to its place here.
    """

    rows: Any
    units: Any
    score: Any
    about: Any
    at: Mapping[int, int]


class Findings:
    """The model's findings in one document.

    Args:
        model: the rubric's model.
        rubric: the rubric.
        reading: the document's units, headings among them.
        focuses: point id to the units that name it.

    Attributes:
        near: indexes of the units that are about a point where the document treats it, rising.
    """

    def __init__(self, model: Model, rubric: Rubric, reading: UnitReading, focuses: Mapping[str, Focus]) -> None:
        import numpy as np

        self._model = model
        self._decision = model.header["decision"]
        self._columns = {key: number for number, key in enumerate(model.keys)}
        self._points = {point: number for number, point in enumerate(model.points)}
        sections = Sections(rubric, reading.engine.patterns)
        kinds = [sections.kind(unit.section) for unit in reading.units]
        self._features = model.extractor.extract(reading.units, kinds, point_marks(reading, rubric))
        self._about = model.log_probability(model.about.scores(self._features))
        self._shares = np.searchsorted(self._decision["shares"], self._about, side="right").clip(1)
        tables = [unit.index for unit in reading.units if unit.roles]
        shares = self._shares.copy()
        rows = {point: [index for index in tables if index in focus.relevance] for point, focus in focuses.items()}
        for point, own in rows.items():
            shares[own, self._points[point]] = np.maximum(shares[own, self._points[point]], _ROW)
        found = depths(shares, self._features.starts, self._decision["reach"])
        for point, own in rows.items():
            found[own, self._points[point]] = 0  # a plan's own table of a point counts whole
        self._named = (found <= self._decision["most"]) & (
            (self._about >= self._decision["least_named"]) | (shares > self._shares)
        )
        self.near = np.flatnonzero(self._named.any(1)).tolist()
        self._length = bisect_right(self._decision["words"], int(self._features.starts[-1]))
        self._surer = self._decision["slope"] * max(0, self._length - self._decision["length"])
        self._units: Any = None
        self._stated: Any = None
        self._candidates: dict[str, _Candidates] = {}

    def narrowed(self, point: str, focus: Focus) -> Focus:
        """Return the units that name a point where the document treats it."""
        named = self._named[:, self._points[point]]
        relevance = {index: weight for index, weight in focus.relevance.items() if named[index]}
        own = {index: found for index, found in focus.own.items() if named[index]}
        return replace(focus, relevance=relevance, own=own)

    def score_elements(self, rubric: Rubric, reading: UnitReading, units: Sequence[int]) -> None:
        """Score the elements in some units, rising, once their patterns are known."""
        import numpy as np

        self._units = np.array(units, np.int64)
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

        output, among, score, about = self._scored(point, question, element, matches)
        found = np.flatnonzero(about & (score >= self._limit(output)))
        return self._surest(output, point, among, score, found, most)

    def possible(self, point: str, question: str, element: str, matches: Sequence[Match], most: int) -> list[Finding]:
        """Return the surest units that are worth a look; arguments as for ``find``.

        They are below the limit of the element, or less surely about the point.
        """
        import numpy as np

        output, among, score, about = self._scored(point, question, element, matches)
        least = self._decision["confidence"][output][bisect_left(self._decision["percent"], LEAST_POSSIBLE)]
        found = np.flatnonzero((score >= least) & (~about | (score < self._limit(output))))
        return self._surest(output, point, among, score, found, most)

    def _surest(self, output: int, point: str, among: _Candidates, score: Any, found: Any, most: int) -> list[Finding]:
        best = sorted(found.tolist(), key=lambda at: (-int(score[at]), at))[:most]
        return [self._finding(output, point, int(among.units[at]), int(score[at])) for at in best]

    def _limit(self, output: int) -> int:
        return int(self._decision["thresholds"][output] + self._surer)

    def _scored(
        self, point: str, question: str, element: str, matches: Sequence[Match]
    ) -> tuple[int, _Candidates, Any, Any]:
        """Return an element's number, a point's candidates, their scores, and whether they are about the point."""
        decision, output = self._decision, self._columns[question, element]
        among = self._candidates.get(point)
        if among is None:
            among = self._candidates[point] = self._among(point)
        score = among.score + self._stated[among.rows, output] * decision["weights"]["states"] // SOFT_STEPS
        about = among.about.copy()
        for match in matches:
            at = among.at.get(match.unit.index)
            if at is not None:
                about[at] = True
                score[at] += decision["weights"]["pattern"] + (decision["column_bonus"] if match.unit.roles else 0)
        return output, among, score, about

    def _among(self, point: str) -> _Candidates:
        import numpy as np

        decision, number = self._decision, self._points[point]
        weights = decision["weights"]
        rows = np.flatnonzero(self._named[self._units, number])
        units = self._units[rows]
        marks = self._features.marks[units]
        first = marks.shape[1] - MARKS_PER_POINT * (len(self._points) - number)
        about = self._about[units, number]
        score = about * weights["about"] // SOFT_STEPS + weights["words"] * self._length
        score = score + weights["strong"] * marks[:, first].astype(np.int64)
        score += weights["heading"] * marks[:, first + 2].astype(np.int64)
        at = {unit: place for place, unit in enumerate(units.tolist())}
        return _Candidates(rows, units, score, about >= decision["least_about"], at)

    def _finding(self, output: int, point: str, unit: int, score: int) -> Finding:
        steps = self._decision["confidence"][output]
        confidence = self._decision["percent"][max(0, bisect_right(steps, score) - 1)]
        return Finding(unit, int(confidence), int(self._shares[unit, self._points[point]]) / 1000)

    def explain(self, unit: int, question: str, element: str) -> list[str]:
        """Return what in a unit spoke most for an element."""
        return self._model.elements.strongest(self._features, unit, self._columns[question, element])
