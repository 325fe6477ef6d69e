"""Recommendations for one plan: which gaps to close first, in which programme they belong, and an example to follow.

A gap is an answer below the highest score. Gaps are ranked by what closing them would gain, how near the answer is to
complete, and how much the plan says about the point. A point about which the plan says nothing fills no list: it is
proposed as not applicable. Each chosen gap lowers the rank of others of its question, point and dimension, so that the
list does not repeat one piece of advice.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from decalogo.evaluation.rubric.model import RubricData

MOST: Final = 10
_TREATED: Final = 12
"""Relevant units from which a point counts as fully treated."""
_SAME_QUESTION, _SAME_POINT, _SAME_DIMENSION = 0.35, 0.7, 0.85
_EXAMPLE: Final = 0.999
"""Share of the highest score that an answer needs to be an example."""
_PROGRAMME: Final = 3
_LETTERS: Final = 4
"""Letters that a heading needs, to name a section."""
_HEADING: Final = 120
"""Characters of a heading that are shown."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a plan treats a point.

    Attributes:
        page: from 1.
        heading: of the programme or section, as written; "" where there is none.
    """

    page: int
    heading: str


@dataclass(frozen=True, slots=True)
class Treatment:
    """How a plan treats a point: number of relevant units, and the place with most of their relevance."""

    units: int
    place: Place | None


def recommend(
    answers: Sequence[Mapping[str, Any]], rubric: RubricData, treatments: Mapping[str, Treatment]
) -> list[dict[str, Any]]:
    """Return at most ten recommendations, the most useful first.

    Args:
        answers: all answers of a document.
        rubric: the rubric.
        treatments: point id to how the plan treats the point, for the points that apply.

    Returns:
        For each: ``answer``, ``dimension``, ``question``, ``title``, ``points`` (one id), ``gain_percent`` (points of
        the global percentage), ``text``, ``place`` (page and heading, or None), ``example`` (answer, page, start, end
        and quote of this plan, or None).
    """
    titles = {question.id: question.title for dimension in rubric.dimensions for question in dimension.questions}
    asked = sum(answer["applicable"] for answer in answers)
    gaps = [
        answer
        for answer in answers
        if answer["applicable"] and answer["score"] < rubric.max_score and treatments[answer["point"]].units
    ]
    value = {answer["id"]: _value(answer, rubric.max_score, treatments[answer["point"]]) for answer in gaps}
    chosen: list[dict[str, Any]] = []
    while gaps and len(chosen) < MOST:
        best = max(gaps, key=lambda answer: value[answer["id"]])
        gaps.remove(best)
        chosen.append(
            {
                "answer": best["id"],
                "dimension": best["dimension"],
                "question": best["question"],
                "title": titles[best["question"]],
                "points": [best["point"]],
                "gain_percent": round(100 * (rubric.max_score - best["score"]) / (asked * rubric.max_score), 2),
                "text": best["recommendation"],
                "place": _place(treatments[best["point"]].place),
                "example": _example(best, answers, rubric.max_score),
            }
        )
        for other in gaps:
            value[other["id"]] *= _likeness(best, other)
    return chosen


def propose_not_applicable(treatments: Mapping[str, Treatment]) -> list[str]:
    """Return the ids of points about which the plan says nothing: candidates for ``not_applicable``."""
    return [point for point, treatment in treatments.items() if not treatment.units]


def _value(answer: Mapping[str, Any], max_score: float, treatment: Treatment) -> float:
    gain = (max_score - answer["score"]) / max_score
    nearness = 0.5 + answer["score"] / max_score
    treated = min(1.0, treatment.units / _TREATED)
    return float(gain * nearness * (0.25 + 0.75 * treated))


def _likeness(chosen: Mapping[str, Any], other: Mapping[str, Any]) -> float:
    factor = _SAME_QUESTION if chosen["question"] == other["question"] else 1.0
    factor *= _SAME_POINT if chosen["point"] == other["point"] else 1.0
    return factor * (_SAME_DIMENSION if chosen["dimension"] == other["dimension"] else 1.0)


def _place(place: Place | None) -> dict[str, Any] | None:
    return {"page": place.page, "heading": place.heading} if place else None


def _example(gap: Mapping[str, Any], answers: Sequence[Mapping[str, Any]], max_score: float) -> dict[str, Any] | None:
    """Return the best quote of an answer to the same question that is complete, of another point of this plan."""
    complete = [
        (item.get("relevance", 0.0), answer["id"], item)
        for answer in answers
        if answer["question"] == gap["question"]
        and answer["dimension"] == gap["dimension"]
        and answer["applicable"]
        and answer["score"] >= _EXAMPLE * max_score
        for item in answer["evidence"]
        if not gap["elements"].get(item["element"], False)
    ]
    if not complete:
        return None
    _, answer, item = max(complete, key=lambda found: (found[0], found[1]))
    return {"answer": answer, **{name: item[name] for name in ("page", "start", "end", "quote")}}


def treatments_by_evidence(answers: Sequence[Mapping[str, Any]]) -> dict[str, Treatment]:
    """Return how a plan treats each point, as far as the evidence of its answers tells: for evaluators without units.

    Every point counts as treated, because such an evaluator does not say which units it found relevant.
    """
    found: dict[str, Treatment] = {}
    for answer in answers:
        pages = [item["page"] for item in answer["evidence"]]
        known = found.get(answer["point"])
        place = known.place if known and known.place else Place(pages[0], "") if pages else None
        found[answer["point"]] = Treatment((known.units if known else 1) + len(pages), place)
    return found


def treatment_of(units: Sequence[tuple[int, tuple[str, ...], float]], programme: re.Pattern[str]) -> Treatment:
    """Return how a plan treats a point.

    Args:
        units: page, headings above (outermost first) and relevance of each unit about the point.
        programme: matches headings of programmes, sectors and the like. A unit under such a heading counts three times,
            because advice belongs in a programme and not in a diagnosis.
    """
    if not units:
        return Treatment(0, None)
    weights: dict[str, float] = defaultdict(float)
    headings = {section: _heading(section, programme) for _, section, _ in units}
    for _, section, relevance in units:
        heading, is_programme = headings[section]
        weights[heading] += relevance * (_PROGRAMME if is_programme else 1)
    best = max(sorted(weights), key=lambda heading: (heading != "", weights[heading]))
    page = max((unit for unit in units if headings[unit[1]][0] == best), key=lambda unit: (unit[2], -unit[0]))[0]
    return Treatment(len(units), Place(page, best))


def _heading(section: tuple[str, ...], programme: re.Pattern[str]) -> tuple[str, bool]:
    """Return the heading to name a section by, and whether it is a programme's."""
    written = [" ".join(heading.split()) for heading in reversed(section)]
    for heading in written:
        if programme.match(heading):
            return _shortened(heading), True
    named = (heading for heading in written if sum(map(str.isalpha, heading)) >= _LETTERS)
    return _shortened(next(named, "")), False


def _shortened(heading: str) -> str:
    return heading if len(heading) <= _HEADING else heading[: heading.rfind(" ", 0, _HEADING)] + "…"
