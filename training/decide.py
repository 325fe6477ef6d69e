"""From cross-validated probabilities to the decision: weights, thresholds, confidence and figures."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from export import SOFT_STEPS, shares
from fit import fit, sigmoid
from scipy import sparse

from decalogo.evaluation.learned.point_marks import MARKS_PER_POINT

if TYPE_CHECKING:
    from train import Data

SIGNS = ("states", "about", "pattern", "heading", "strong", "words")
"""What speaks for an answer: logarithms of both probabilities; whether a pattern of the rubric finds the element in
the unit, a heading above names the point, the unit holds a strong term of it; steps of the document's length."""
START = np.array([1.0, 0.5, 1.5, 0.0, 0.0, 0.0])
"""Weights by which the first units are chosen."""
LEAST_ABOUT = 0.3
"""A unit is looked at for elements from this probability of a point on."""
LEAST_NAMED = 0.15
"""The same where a pattern of the rubric finds the element near the point's own terms."""
PERCENTS = (10, 20, 30, 40, 50, 60, 65, 70, 75, 80, 85, 90, 92, 94, 96, 97, 98, 99)
"""The steps of an answer's confidence."""
OWN_CONSTANT = 0.5
"""How freely an element may differ from all."""
SOURCES = {"excerpt": 0.5, "passage": 0.5, "page": 1.0, "verdict": 3.0}
"""Weights of the labels in the fit: verdicts tell what the best unit of a whole plan is worth."""
COLUMN_BONUS = 2.5
"""What is added where a pattern found the element in the columns of a table."""
PRECISION = 0.91
"""Precision that excerpts must reach."""
WHOLE_PRECISION = 0.92
"""Precision that verdicts on whole plans must reach."""
WORDS = [math.ceil(math.exp(step / 4)) for step in range(60)]
"""Lengths of a document, words, from one step of the sign ``words`` to the next: quarters of a logarithm."""
_SUREST = 0.99
_ROUNDS = 3
"""Rounds in which the best units are chosen by the weights that the last choice gave."""
REACH = 300
"""Words around a unit that tell how much a document treats a point there."""
MOST = 7000
"""Words that count for a point, next to the rows of its own tables."""


@dataclass
class Answers:
    """One row per question that has an answer or a label of 1.

    Attributes:
        signs: a column per sign, those of the best unit.
        looked: whether any unit was looked at.
        label, element, fold: numbers.
        source: names of ``SOURCES``.
    """

    signs: Any
    looked: Any
    label: Any
    element: Any
    fold: Any
    source: Any


def answers(
    data: Data, keys: Sequence[str], probabilities: tuple[Any, Any], of: Sequence[int], weights: Any
) -> Answers:
    """Return the best unit of every question by some weights of the signs."""
    states, about = (np.log(np.clip(values, 1e-4, 1)) for values in probabilities)
    first = np.searchsorted(data.of_example, np.arange(len(data.examples)))
    column = {key: number for number, key in enumerate(keys)}
    rows: list[tuple[Any, bool, int, int, int, str]] = []
    for number, example in enumerate(data.examples):
        words = bisect_right(WORDS, example.words)
        for question in example.questions if example.measured else ():
            point, element = data.points.index(question.point), column[question.key]
            units = np.array(question.units)
            at = first[number] + units
            matched = example.matched.get((question.point, question.key), frozenset())
            pattern = np.array([unit in matched for unit in question.units])
            ok = about[at, point] >= np.where(pattern, math.log(LEAST_NAMED), math.log(LEAST_ABOUT))
            if not ok.any():
                rows.append((np.zeros(len(SIGNS)), False, question.label, element, of[number], question.source))
                continue
            units, at, pattern = units[ok], at[ok], pattern[ok]
            marks = [example.marks[unit] for unit in units]
            signs = np.column_stack(
                [
                    states[at, element],
                    about[at, point],
                    pattern,
                    [MARKS_PER_POINT * point + 2 in own for own in marks],
                    [MARKS_PER_POINT * point in own for own in marks],
                    np.full(len(at), words),
                ]
            )
            best = int(np.argmax(signs @ weights))
            rows.append((signs[best], True, question.label, element, of[number], question.source))
    signs, looked, label, element, fold, source = zip(*rows, strict=True)
    return Answers(*(np.array(part) for part in (signs, looked, label, element, fold, source)))


class Calibration:
    """Weights of the signs, and for each element a constant, from questions and their labels."""

    def __init__(self, found: Answers, rows: Any, elements: int) -> None:
        rows = rows[found.looked[rows]]
        self._elements = elements
        weights = np.array([SOURCES[name] for name in found.source[rows]])[:, None]
        columns = self._columns(found.signs[rows], found.element[rows])
        self._table = fit(columns, found.label[rows, None].astype(np.float32), weights, 1.0, 300)[:, 0]
        self.weights = self._table[: len(SIGNS)]
        self.constants = OWN_CONSTANT * self._table[len(SIGNS) : -1] + self._table[-1]

    def _columns(self, signs: Any, element: Any) -> Any:
        return sparse.csr_matrix(np.hstack([signs, np.eye(self._elements)[element] * OWN_CONSTANT]))

    def probability(self, found: Answers, rows: Any) -> Any:
        """Return the probability that each answer is right; 0 where no unit was looked at."""
        columns = self._columns(found.signs[rows], found.element[rows])
        return np.where(found.looked[rows], sigmoid(columns @ self._table[:-1] + self._table[-1]), 0)

    def score(self, element: int, probability: float) -> float:
        """Return the sum of the weighted signs at which an element reaches a probability."""
        return float(math.log(probability / (1 - probability)) - self.constants[element])


def crossed(found: Answers, elements: int) -> Any:
    """Return the probability of each answer by the calibration of the other folds."""
    result = np.zeros(len(found.label))
    for fold in sorted(set(found.fold.tolist())):
        held = np.flatnonzero(found.fold == fold)
        result[held] = Calibration(found, np.flatnonzero(found.fold != fold), elements).probability(found, held)
    return result


def threshold(score: Any, label: Any, precision: float) -> float:
    """Return the lowest score from which on the precision is reached."""
    order = np.argsort(-score, kind="stable")
    found = np.cumsum(label[order]) / np.arange(1, len(order) + 1)
    good = np.flatnonzero(found >= precision)
    return float(score[order[good.max()]]) if len(good) else float(score.max()) + 1


@dataclass(frozen=True)
class Limit:
    """How sure an answer must be: surer in a longer document, because the best of many units is more often wrong.

    Attributes:
        start: log odds in a document of the length of an excerpt.
        length: steps of that length.
        slope: log odds that each further step adds.
    """

    start: float
    length: int
    slope: float

    def reached(self, probability: Any, steps: Any) -> Any:
        """Return which answers are sure enough."""
        odds = np.log(np.clip(probability, 1e-9, 1 - 1e-9)) - np.log(np.clip(1 - probability, 1e-9, 1))
        return odds >= self.start + self.slope * np.maximum(0, steps - self.length)


def chosen_limit(found: Answers, probability: Any, rows: Any) -> Limit:
    """Return the limit at which excerpts and verdicts on whole plans are right often enough.

    Without verdicts the limit does not depend on the length.
    """
    looked = rows[found.looked[rows]]
    short, long = (looked[found.source[looked] == name] for name in ("excerpt", "verdict"))
    steps = found.signs[:, SIGNS.index("words")]
    start = _odds(threshold(probability[short], found.label[short], PRECISION))
    length = round(float(steps[short].mean()))
    if not len(long):
        return Limit(start, length, 0.0)
    end = _odds(threshold(probability[long], found.label[long], WHOLE_PRECISION))
    return Limit(start, length, max(0.0, end - start) / max(1.0, float(steps[long].mean()) - length))


def _odds(probability: float) -> float:
    probability = min(_SUREST, probability)
    return math.log(probability / (1 - probability))


def decision(
    data: Data, keys: Sequence[str], probabilities: tuple[Any, Any], of: Sequence[int]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the decision part of the header, and what cross-validation measured.

    Probabilities and limits that are measured on a fold come from the other folds.
    """
    weights = START
    for _ in range(_ROUNDS):
        found = answers(data, keys, probabilities, of, weights)
        final = Calibration(found, np.arange(len(found.label)), len(keys))
        weights = final.weights
    probability = crossed(found, len(keys))
    said = np.zeros(len(found.label), bool)
    for fold in sorted(set(of)):
        held, rest = np.flatnonzero(found.fold == fold), np.flatnonzero(found.fold != fold)
        said[held] = chosen_limit(found, probability, rest).reached(
            probability[held], found.signs[held, SIGNS.index("words")]
        )
    limit = chosen_limit(found, probability, np.arange(len(found.label)))
    made = {
        "weights": {name: round(float(weight) * SOFT_STEPS) for name, weight in zip(SIGNS, weights, strict=True)},
        "words": WORDS,
        "least_about": round(math.log(LEAST_ABOUT) * SOFT_STEPS),
        "least_named": round(math.log(LEAST_NAMED) * SOFT_STEPS),
        "column_bonus": round(COLUMN_BONUS * SOFT_STEPS),
        "reach": REACH,
        "most": MOST,
        "thresholds": [round((limit.start - constant) * SOFT_STEPS) for constant in final.constants.tolist()],
        "length": limit.length,
        "slope": round(limit.slope * SOFT_STEPS),
        "percent": list(PERCENTS),
        "confidence": [
            [round(final.score(number, percent / 100) * SOFT_STEPS) for percent in PERCENTS]
            for number in range(len(keys))
        ],
        "shares": shares(),
    }
    return made, {"answers": found, "said": said, "probability": probability, "limit": limit}


def wilson(hits: int, total: int) -> tuple[float, float, float]:
    """Return a share with its 95 % interval."""
    if not total:
        return 0.0, 0.0, 1.0
    z, share = 1.96, hits / total
    middle, half = share + z * z / (2 * total), z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    return share, max(0.0, (middle - half) / (1 + z * z / total)), min(1.0, (middle + half) / (1 + z * z / total))


def figures(report: dict[str, Any], source: str = "excerpt") -> dict[str, Any]:
    """Return precision and recall over all elements, by the labels of one source."""
    chosen = report["answers"].source == source
    label, said = report["answers"].label[chosen], report["said"][chosen]
    right = int((label * said).sum())
    return {
        "precision": [round(value, 3) for value in wilson(right, int(said.sum()))],
        "recall": [round(value, 3) for value in wilson(right, int(label.sum()))],
        "labels": len(label),
    }
