"""Roll up answers to the matrix, points, dimensions and the whole, with the most effective recommendations.

Every figure is an exact sum that is rounded once, so equal answers give equal figures.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean
from typing import Any

from decalogo.evaluation.rubric.model import RubricData


def rate(percent: float, rubric: RubricData) -> str:
    """Return the name of the rating of a percentage."""
    ratings = sorted(rubric.ratings, key=lambda rating: -rating.at_least)
    return next(rating.name for rating in ratings if percent >= rating.at_least)


def roll_up(answers: Sequence[dict[str, Any]], rubric: RubricData, reasons: dict[str, str]) -> dict[str, Any]:
    """Return ``matrix``, ``points``, ``dimensions``, ``global``, and the strongest and weakest dimension.

    Percentages refer to the maximum score and are rounded to two decimals. Points that do not apply are left out of
    every mean; their percentage is ``None``.
    """
    applicable = [point.id for point in rubric.points if point.id not in reasons]
    scores: dict[tuple[str, str], list[float]] = {}
    for answer in answers:
        if answer["applicable"]:
            scores.setdefault((answer["point"], answer["dimension"]), []).append(answer["score"])
    exact = {key: 100 * math.fsum(values) / (len(values) * rubric.max_score) for key, values in scores.items()}
    dimension_ids = [dimension.id for dimension in rubric.dimensions]
    points: list[dict[str, Any]] = []
    matrix: dict[str, dict[str, float | None]] = {}
    means: dict[str, float] = {}
    for point in rubric.points:
        percent: float | None = None
        if point.id in reasons:
            matrix[point.id] = dict.fromkeys(dimension_ids)
        else:
            row = [exact[point.id, dimension] for dimension in dimension_ids]
            means[point.id] = fmean(row)
            matrix[point.id] = {d: round(value, 2) for d, value in zip(dimension_ids, row, strict=True)}
            percent = round(means[point.id], 2)
        points.append(
            {
                "id": point.id,
                "title": point.title,
                "applicable": percent is not None,
                "percent": percent,
                "rating": None if percent is None else rate(percent, rubric),
                "reason": reasons.get(point.id),
            }
        )
    dimensions: list[dict[str, Any]] = []
    for dimension in rubric.dimensions:
        column = [exact[point, dimension.id] for point in applicable]
        average = round(fmean(column), 2) if column else None
        dimensions.append(
            {
                "id": dimension.id,
                "title": dimension.title,
                "percent": average,
                "rating": None if average is None else rate(average, rubric),
            }
        )
    whole = round(fmean(means.values()), 2) if means else None
    ranked = [d for d in dimensions if d["percent"] is not None]
    return {
        "matrix": matrix,
        "points": points,
        "dimensions": dimensions,
        "global": {"percent": whole, "rating": None if whole is None else rate(whole, rubric)},
        "strongest": max(ranked, key=lambda d: d["percent"])["id"] if ranked else None,
        "weakest": min(ranked, key=lambda d: d["percent"])["id"] if ranked else None,
    }
