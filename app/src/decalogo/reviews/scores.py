"""The reviewed result: the machine's answers with the reviewers' corrections, rolled up in the same way."""

from __future__ import annotations

from collections.abc import Mapping
from math import fsum
from typing import Any, Final

from decalogo.reviews.model import DocumentReviews, Review, Verdict, fingerprint

_SAME: Final = 0.01
"""Scores closer than this are the same one, rounded."""


def reviewed_answer(answer: Mapping[str, Any], review: Review | None, max_score: float) -> dict[str, Any]:
    """Return score, elements and applicability of an answer after its review.

    A reviewer may correct elements without giving a score. The score then follows from the elements where the machine's
    did, and stays as it is elsewhere.
    """
    elements = dict(answer["elements"])
    score = answer["score"]
    applicable = answer["applicable"]
    if review is not None and applicable:
        if review.verdict is Verdict.NOT_APPLICABLE:
            score, applicable = None, False
        elif review.verdict in (Verdict.CORRECTED, Verdict.REJECTED):
            rejected = review.verdict is Verdict.REJECTED
            elements |= review.elements or (dict.fromkeys(elements, False) if rejected else {})
            if review.score is not None:
                score = min(review.score, max_score)
            elif rejected and not review.elements:
                score = 0.0
            elif abs(score - _by_elements(answer["elements"], max_score)) < _SAME:
                score = round(_by_elements(elements, max_score), 4)
    return {
        "id": answer["id"],
        "question": answer["question"],
        "score": score,
        "elements": elements,
        "applicable": applicable,
    }


def _by_elements(elements: Mapping[str, bool], max_score: float) -> float:
    return max_score * sum(elements.values()) / len(elements) if elements else 0.0


def reviewed_result(result: Mapping[str, Any], reviews: DocumentReviews, max_score: float) -> dict[str, Any]:
    """Return the reviewed scores of a document.

    Args:
        result: the machine's result.
        reviews: of the document; the first reader's count.
        max_score: highest score of a question.

    Returns:
        ``answers`` (as :func:`reviewed_answer`, with ``review`` where there is one), ``matrix``, ``points``,
        ``dimensions``, ``global`` in percent, and ``counts`` of reviewed, unreviewed and stale answers. Answers without
        a review, and answers whose review refers to an earlier evaluation, keep the machine's score.
    """
    first = reviews.of()
    answers, stale = [], 0
    scores: dict[tuple[str, str], list[float]] = {}
    for answer in result["answers"]:
        review = first.get(answer["id"])
        current = review is not None and review.fingerprint == fingerprint(answer)
        stale += review is not None and not current
        row = reviewed_answer(answer, review if current else None, max_score)
        if review is not None:
            row["review"] = {**review.as_dict(), "second_look": not current}
        answers.append(row)
        if row["applicable"] and row["score"] is not None:
            scores.setdefault((answer["point"], answer["dimension"]), []).append(row["score"])
    cells = {key: 100 * fsum(values) / (len(values) * max_score) for key, values in scores.items()}
    points = {p["id"]: _mean([v for (point, _), v in cells.items() if point == p["id"]]) for p in result["points"]}
    dimensions = {
        d["id"]: _mean([value for (_, dimension), value in cells.items() if dimension == d["id"]])
        for d in result["dimensions"]
    }
    reviewed = len(first) - stale
    return {
        "answers": answers,
        "matrix": {
            p["id"]: {d["id"]: _rounded(cells.get((p["id"], d["id"]))) for d in result["dimensions"]}
            for p in result["points"]
        },
        "points": {name: _rounded(value) for name, value in points.items()},
        "dimensions": {name: _rounded(value) for name, value in dimensions.items()},
        "global": _rounded(_mean([value for value in points.values() if value is not None])),
        "counts": {
            "reviewed": reviewed,
            "stale": stale,
            "unreviewed": sum(answer["applicable"] for answer in result["answers"]) - reviewed - stale,
        },
    }


def standing(result: Mapping[str, Any], reviews: DocumentReviews, max_score: float) -> dict[str, Any] | None:
    """Return what people say of a result, for reports; None where nobody reviewed or signed it.

    Args:
        result: the machine's result.
        reviews: of the document; the first reader's count.
        max_score: highest score of a question.

    Returns:
        The value of :func:`reviewed_result`, with ``state`` and ``signature`` (None, or ``person``, ``time`` in Unix
        seconds, ``result_sha256``, ``reviews_sha256``, and ``current``: whether this is the result that was signed).
    """
    if not reviews.of() and reviews.signature is None:
        return None
    signature = reviews.signature
    signed = None
    if signature is not None:
        signed = signature.as_dict() | {"current": signature.result_sha256 == result["sha256"]}
    return {**reviewed_result(result, reviews, max_score), "state": reviews.state.value, "signature": signed}


def applied(result: Mapping[str, Any], standing: Mapping[str, Any]) -> dict[str, Any]:
    """Return a result whose scores are the reviewed ones, for whoever summarises it; its other parts are the machine's.

    Args:
        result: the machine's result.
        standing: as :func:`standing` or :func:`reviewed_result` returns it.
    """
    rows = {row["id"]: row for row in standing["answers"]}
    kept = ("score", "elements", "applicable")
    answers = [{**a, **{name: rows[a["id"]][name] for name in kept}} for a in result["answers"]]
    open_ones = {a["id"] for a in answers if a["applicable"] and not all(a["elements"].values())}
    return {
        **result,
        "answers": answers,
        "matrix": standing["matrix"],
        "points": [{**p, "percent": standing["points"][p["id"]]} for p in result["points"]],
        "dimensions": [{**d, "percent": standing["dimensions"][d["id"]]} for d in result["dimensions"]],
        "recommendations": [
            r for r in result["recommendations"] if r.get("answer") is None or r["answer"] in open_ones
        ],
    }


def _mean(values: list[float]) -> float | None:
    return fsum(values) / len(values) if values else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
