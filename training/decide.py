"""From cross-validated probabilities to thresholds, confidence and figures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from export import SOFT_STEPS, shares
from fit import fit, sigmoid
from scipy import sparse

if TYPE_CHECKING:
    from train import Data

ABOUT_WEIGHT = 0.5
"""What the logarithm of "about the point" counts next to that of "states the element"."""
LEAST_ABOUT = 0.3
"""A unit is looked at for elements from this probability of a point on."""
LEAST_NAMED = 0.15
"""The same where the point's own terms are near a match of the rubric's patterns."""
PRECISION = 0.9
PERCENTS = (30, 40, 50, 60, 65, 70, 75, 80, 85, 90, 92, 94, 96, 97, 98, 99)
"""The steps of an answer's confidence."""
LEAST_SCORE = -8.0
OWN_CONSTANT, OWN_SLOPE = 0.58, 0.1
"""How freely an element may differ from all: scales of its own constant and slope."""
PATTERN_BONUS = 1.5
"""What is added where a pattern of the rubric found the element too."""
COLUMN_BONUS = 4.0
"""The same where it found it in the columns of a table."""


@dataclass
class Answers:
    """One row per decided label: the best score in its excerpt, the label, element and fold."""

    score: Any
    label: Any
    element: Any
    fold: Any


def answers(data: Data, keys: Sequence[str], stated: Any, about: Any, of: Sequence[int]) -> Answers:
    """Score every decided label by its excerpt's best unit."""
    rows: list[tuple[float, int, int, int]] = []
    for number, example in enumerate(data.examples):
        if not example.point or not example.measured:
            continue
        units = np.flatnonzero(data.of_example == number)
        relevance = np.log(np.clip(about[units, data.points.index(example.point)], 1e-4, 1))
        for column, key in enumerate(keys):
            label = example.labels.get(key, "?")
            if label != "?":
                score = np.log(np.clip(stated[units, column], 1e-4, 1)) + ABOUT_WEIGHT * relevance
                least, bonus = (LEAST_NAMED, PATTERN_BONUS) if key in example.found else (LEAST_ABOUT, 0)
                score = np.where(relevance >= math.log(least), score + bonus, -20)
                rows.append((float(score.max()), int(label), column, of[number]))
    table = np.array(rows)
    return Answers(table[:, 0], table[:, 1].astype(int), table[:, 2].astype(int), table[:, 3].astype(int))


def threshold(score: Any, label: Any, precision: float) -> float:
    """Return the lowest score from which on the precision is reached."""
    order = np.argsort(-score, kind="stable")
    found = np.cumsum(label[order]) / np.arange(1, len(order) + 1)
    good = np.flatnonzero(found >= precision)
    return float(score[order[good.max()]]) if len(good) else float(score.max()) + 1


def decision(
    data: Data, keys: Sequence[str], stated: Any, about: Any, of: Sequence[int]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the decision part of the header, and what cross-validation measured.

    Probabilities and thresholds that are measured on a fold come from the other folds.
    """
    found = answers(data, keys, stated, about, of)
    said = np.zeros(len(found.score), bool)
    for fold in sorted(set(of)):
        rest = np.flatnonzero(found.fold != fold)
        inner = np.zeros(len(found.score))
        for other in sorted(set(found.fold[rest].tolist())):
            held = rest[found.fold[rest] == other]
            inner[held] = Calibration(found, rest[found.fold[rest] != other], len(keys)).probability(found, held)
        limit = threshold(inner[rest], found.label[rest], PRECISION)
        held = np.flatnonzero(found.fold == fold)
        said[held] = Calibration(found, rest, len(keys)).probability(found, held) >= limit
    crossed = np.zeros(len(found.score))
    for fold in sorted(set(of)):
        held = np.flatnonzero(found.fold == fold)
        crossed[held] = Calibration(found, np.flatnonzero(found.fold != fold), len(keys)).probability(found, held)
    limit = threshold(crossed, found.label, PRECISION)
    final = Calibration(found, np.arange(len(found.score)), len(keys))
    made = {
        "about_weight": round(ABOUT_WEIGHT * SOFT_STEPS),
        "least_about": round(math.log(LEAST_ABOUT) * SOFT_STEPS),
        "least_named": round(math.log(LEAST_NAMED) * SOFT_STEPS),
        "pattern_bonus": round(PATTERN_BONUS * SOFT_STEPS),
        "column_bonus": round(COLUMN_BONUS * SOFT_STEPS),
        "thresholds": [round(final.score(number, limit) * SOFT_STEPS) for number in range(len(keys))],
        "percent": list(PERCENTS),
        "confidence": [
            [round(final.score(number, percent / 100) * SOFT_STEPS) for percent in PERCENTS]
            for number in range(len(keys))
        ],
        "shares": shares(),
    }
    return made, {"answers": found, "said": said}


class Calibration:
    """From scores to probabilities: one slope and constant, and for each element a small change of both."""

    def __init__(self, found: Answers, rows: Any, elements: int) -> None:
        self._elements = elements
        columns = self._columns(found.score[rows], found.element[rows])
        table = fit(columns, found.label[rows, None].astype(np.float32), np.ones((len(rows), 1)), 1.0, 200)
        self._table = table[:, 0]

    def _columns(self, score: Any, element: Any) -> Any:
        score = np.clip(score, LEAST_SCORE, None)
        which = np.eye(self._elements)[element]
        return sparse.csr_matrix(np.hstack([score[:, None], which * OWN_CONSTANT, which * score[:, None] * OWN_SLOPE]))

    def probability(self, found: Answers, rows: Any) -> Any:
        """Return the probability that each answer is right."""
        columns = self._columns(found.score[rows], found.element[rows])
        return sigmoid(columns @ self._table[:-1] + self._table[-1])

    def score(self, element: int, probability: float) -> float:
        """Return the score of an element at which a probability is reached."""
        slope = self._table[0] + OWN_SLOPE * self._table[1 + self._elements + element]
        constant = self._table[-1] + OWN_CONSTANT * self._table[1 + element]
        return float((math.log(probability / (1 - probability)) - constant) / max(slope, 0.2))


def wilson(hits: int, total: int) -> tuple[float, float, float]:
    """Return a share with its 95 % interval."""
    if not total:
        return 0.0, 0.0, 1.0
    z, share = 1.96, hits / total
    middle, half = share + z * z / (2 * total), z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    return share, (middle - half) / (1 + z * z / total), (middle + half) / (1 + z * z / total)


def figures(report: dict[str, Any]) -> dict[str, Any]:
    """Return precision and recall over all elements."""
    label, said = report["answers"].label, report["said"]
    right = int((label * said).sum())
    return {
        "precision": [round(value, 3) for value in wilson(right, int(said.sum()))],
        "recall": [round(value, 3) for value in wilson(right, int(label.sum()))],
        "labels": len(label),
    }


def elements_table(report: dict[str, Any], keys: Sequence[str]) -> str:
    """Return precision and recall for each element as a Markdown table."""
    found, said = report["answers"], report["said"]
    lines = ["| element | present | found | right | precision | recall |", "|---|---|---|---|---|---|"]
    for number, key in [*enumerate(keys), (-1, "all")]:
        chosen = found.element == number if number >= 0 else np.ones(len(said), bool)
        label, hit = found.label[chosen], said[chosen]
        right, present, count = int((label * hit).sum()), int(label.sum()), int(hit.sum())
        shown = [f"{s:.2f} ({low:.2f}-{high:.2f})" for s, low, high in (wilson(right, count), wilson(right, present))]
        lines.append(
            f"| {key} | {present} | {count} | {right} | {shown[0] if count else '-'} | {shown[1] if present else '-'} |"
        )
    return "\n".join(lines)
