"""How to name things in a result: a result holds ids, the titles of questions and elements stand in its rubric."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from decalogo.errors import RubricError
from decalogo.evaluation.languages.guess import guess_language
from decalogo.evaluation.rubric import Rubric, available_rubrics, load_rubric
from decalogo.evaluation.rubric.model import elements_of
from decalogo.reports.words import DEFAULT, Words, words

_STEPS = 5
"""Number of shades of the heat map, worst to best."""


@dataclass(frozen=True)
class Labels:
    """The texts that name the parts of one result.

    Attributes:
        title: title of the rubric.
        words: texts of the report in the rubric's language.
        questions: title of each question by id.
        elements: label of each element by (question, element).
        max_score: greatest score of a question.
        ratings: (least percentage, name), best first; empty if the rubric is unknown.
        notice: key of the text that warns about these names, or "".
    """

    title: str
    words: Words
    questions: dict[str, str]
    elements: dict[tuple[str, str], str]
    max_score: float
    ratings: tuple[tuple[float, str], ...] = ()
    notice: str = ""

    def question(self, question: str) -> str:
        """Return the title of a question, or "" if it is unknown."""
        return self.questions.get(question, "")

    def element(self, question: str, element: str) -> str:
        """Return the label of an element, or its name in readable form if it has none."""
        return self.elements.get((question, element)) or element.replace("_", " ")

    def in_order(self, question: str, elements: Iterable[str]) -> list[str]:
        """Return names of elements in the rubric's order, unknown ones last (a result has them sorted by name)."""
        order = [name for asked, name in self.elements if asked == question]
        return sorted(elements, key=lambda name: (order.index(name) if name in order else len(order), name))

    def complete(self, score: float | None) -> bool:
        """Return whether an answer has the greatest score: it lacks nothing, whichever elements were not found."""
        return score is not None and score >= self.max_score

    def rating(self, percent: float | None) -> str:
        """Return the name of the rating of a percentage, or "" where there is none."""
        if percent is None:
            return ""
        return next((name for least, name in self.ratings if percent >= least), "")

    def heat(self, percent: float | None) -> str:
        """Return the shade of a percentage: ``h0`` (worst) to ``h4`` (best), ``na`` for None."""
        if percent is None:
            return "na"
        if len(self.ratings) < 2:
            return f"h{min(_STEPS - 1, int(percent * _STEPS / 100))}"
        place = next(i for i, (least, _) in enumerate(self.ratings) if percent >= least)
        return f"h{round((_STEPS - 1) * (1 - place / (len(self.ratings) - 1)))}"

    def standing(self, whole: dict[str, Any]) -> str:
        """Return the shade of a document as a whole: by its quartile where it has one, else by its percentage.

        The best of all plans may be rated low by the rubric's absolute steps; the colour says where it stands.
        """
        return f"h{whole['quartile']}" if "quartile" in whole else self.heat(whole["percent"])

    def position(self, whole: Mapping[str, Any]) -> str:
        """Return where a document stands among the reference documents, as sentences; "" without a reference."""
        if "quartile" not in whole:
            return ""
        percentile = self.words.number(whole["percentile"], 0)
        place = self.words.say("standing_of", percentile=percentile, name=whole["reference"]["name"])
        quarter = self.words[f"quartile_{whole['quartile']}"]
        return f"{place} {quarter}"


def labels_for(result: dict[str, Any], rubric: Rubric | None = None) -> Labels:
    """Return the labels for a result.

    Args:
        result: result of the evaluator.
        rubric: rubric of the result; default: the shipped rubric with its id.
    """
    given = result["rubric"]
    rubric = rubric or _shipped(given["id"])
    if rubric is None or not _fits(result, rubric):
        return Labels(
            title=given["id"],
            words=words(_language(result)),
            questions={item["question"]: item["title"] for item in result.get("recommendations", ())},
            elements={},
            max_score=_max_score(result),
            notice="notice_unknown",
        )
    same = rubric.sha256 == given["sha256"]
    questions = [question for dimension in rubric.data.dimensions for question in dimension.questions]
    return Labels(
        title=rubric.data.title,
        words=words(rubric.data.language),
        questions={question.id: question.title for question in questions},
        elements={(q.id, element.name): element.label for q in questions for element in elements_of(q.rule)},
        # An office may change its copy of a shipped rubric, which then has other names and another maximum.
        max_score=rubric.data.max_score if same else _max_score(result, rubric.data.max_score),
        ratings=tuple(sorted(((r.at_least, r.name) for r in rubric.data.ratings), reverse=True)),
        notice="" if same else "notice_other",
    )


def _shipped(name: str) -> Rubric | None:
    """Return the shipped rubric, or None; a report must not fail because a rubric is invalid after an update."""
    try:
        return load_rubric(name) if name in available_rubrics() else None
    except RubricError:
        return None


def _fits(result: dict[str, Any], rubric: Rubric) -> bool:
    """Return whether a rubric has all questions of the result; otherwise its titles could be wrong."""
    asked = {f"{d.id}-{q.id}" for d in rubric.data.dimensions for q in d.questions}
    return {f"{a['dimension']}-{a['question']}" for a in result["answers"]} <= asked


def _language(result: dict[str, Any]) -> str:
    """Guess the language of an unknown rubric from the text of its recommendations."""
    text = " ".join(answer["recommendation"] for answer in result["answers"])
    return guess_language(text) or DEFAULT


def _max_score(result: dict[str, Any], default: float = 3.0) -> float:
    """Derive the greatest score of a question from a cell of the matrix and the scores in it.

    Args:
        result: a result.
        default: the answer where every score is 0.
    """
    cells: dict[tuple[str, str], list[float]] = {}
    for answer in result["answers"]:
        if answer["score"] is not None:
            cells.setdefault((answer["point"], answer["dimension"]), []).append(answer["score"])
    best, scores = 0.0, [default]
    for (point, dimension), found in cells.items():
        percent = result["matrix"][point][dimension] or 0.0
        if percent > best:
            best, scores = percent, found
    return round(100 * math.fsum(scores) / (len(scores) * (best or 100.0)), 1)
