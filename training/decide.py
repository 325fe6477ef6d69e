"""From cross-validated probabilities to thresholds, confidence and figures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from export import SOFT_STEPS, shares

if TYPE_CHECKING:
    from train import Data

ABOUT_WEIGHT = 0.5
"""What the logarithm of "about the point" counts next to that of "states the element"."""
LEAST_ABOUT = 0.1
"""A unit is looked at for elements from this probability of a point on."""
PRECISION = 0.9
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
        if not example.point:
            continue
        units = np.flatnonzero(data.of_example == number)
        relevance = np.log(np.clip(about[units, data.points.index(example.point)], 1e-4, 1))
        for column, key in enumerate(keys):
            label = example.labels.get(key, "?")
            if label != "?":
                score = np.log(np.clip(stated[units, column], 1e-4, 1)) + ABOUT_WEIGHT * relevance
                score = np.where(relevance >= math.log(LEAST_ABOUT), score, -20) + PATTERN_BONUS * (key in example.found)
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
    """Return the decision part of the header, and what cross-validation measured (thresholds from the other folds)."""
    found = answers(data, keys, stated, about, of)
    said = np.zeros(len(found.score), bool)
    for fold in sorted(set(of)):
        rest = found.fold != fold
        said[~rest] = found.score[~rest] >= threshold(found.score[rest], found.label[rest], PRECISION)
    limit = threshold(found.score, found.label, PRECISION)
    above, percent = confidence(found.score - limit, found.label)
    made = {
        "about_weight": round(ABOUT_WEIGHT * SOFT_STEPS),
        "least_about": round(math.log(LEAST_ABOUT) * SOFT_STEPS),
        "pattern_bonus": round(PATTERN_BONUS * SOFT_STEPS),
        "column_bonus": round(COLUMN_BONUS * SOFT_STEPS),
        "thresholds": [round(limit * SOFT_STEPS)] * len(keys),
        "confidence": {"above": above, "percent": percent},
        "shares": shares(),
    }
    return made, {"answers": found, "said": said}


def confidence(above: Any, label: Any, steps: int = 8) -> tuple[list[int], list[int]]:
    """Return the share of right answers by how far a score lies above its threshold, never falling."""
    chosen = above >= 0
    order = np.argsort(above[chosen], kind="stable")
    starts, rates = [], []
    for part in np.array_split(order, steps):
        starts.append(round(float(above[chosen][part[0]]) * SOFT_STEPS))
        rates.append((float(label[chosen][part].sum()) + 0.9) / (len(part) + 1))
    rates = np.maximum.accumulate(rates).tolist()
    starts[0] = 0
    return starts, [round(100 * rate) for rate in rates]


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
        lines.append(f"| {key} | {present} | {count} | {right} | {shown[0] if count else '-'} | {shown[1] if present else '-'} |")
    return "\n".join(lines)
