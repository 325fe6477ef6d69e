"""How to name things in a result: a result holds ids, the titles of questions and elements stand in its rubric."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from decalogo.errors import RubricError
from decalogo.evaluation.languages.guess import guess_language
from decalogo.evaluation.rubric import Rubric, available_rubrics, load_rubric
from decalogo.evaluation.rubric.clauses import Element
from decalogo.evaluation.rubric.model import Question
from decalogo.reports.words import DEFAULT, Words, words

_STEPS = 5
"""Shades of the heat map, worst to best."""


@dataclass(frozen=True)
class Labels:
    """Names for one result.

    Attributes:
        title: of the rubric.
        words: texts of the report, in the rubric's language.
        questions: id to title.
        elements: (question, element) to what a person calls it.
        max_score: of a question.
        ratings: (least percentage, name), best first; empty when the rubric is unknown.
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
        """Return the title of a question, or nothing when it is not known."""
        return self.questions.get(question, "")

    def element(self, question: str, element: str) -> str:
        """Return how an element is called; its own name, made readable, when it is not known."""
        return self.elements.get((question, element)) or element.replace("_", " ")

    def in_order(self, question: str, elements: Iterable[str]) -> list[str]:
        """Return names of elements in the rubric's order (a result's JSON has them sorted), unknown ones last."""
        order = [name for asked, name in self.elements if asked == question]
        return sorted(elements, key=lambda name: (order.index(name) if name in order else len(order), name))

    def heat(self, percent: float | None) -> str:
        """Return the shade of a percentage: ``h0`` (worst) to ``h4`` (best), ``na`` for none."""
        if percent is None:
            return "na"
        if len(self.ratings) < 2:
            return f"h{min(_STEPS - 1, int(percent * _STEPS / 100))}"
        place = next(i for i, (least, _) in enumerate(self.ratings) if percent >= least)
        return f"h{round((_STEPS - 1) * (1 - place / (len(self.ratings) - 1)))}"


def labels_for(result: dict[str, Any], rubric: Rubric | None = None) -> Labels:
    """Return the names for a result.

    Args:
        result: as the evaluator gives it.
        rubric: the rubric it was made with; default: the shipped one of that id.
    """
    told = result["rubric"]
    rubric = rubric or _shipped(told["id"])
    if rubric is None or not _fits(result, rubric):
        return Labels(
            title=told["id"],
            words=words(_language(result)),
            questions={item["question"]: item["title"] for item in result.get("recommendations", ())},
            elements={},
            max_score=_max_score(result),
            notice="notice_unknown",
        )
    questions = [question for dimension in rubric.data.dimensions for question in dimension.questions]
    return Labels(
        title=rubric.data.title,
        words=words(rubric.data.language),
        questions={question.id: question.title for question in questions},
        elements={(q.id, element.name): element.label for q in questions for element in _elements(q)},
        max_score=rubric.data.max_score,
        ratings=tuple(sorted(((r.at_least, r.name) for r in rubric.data.ratings), reverse=True)),
        notice="" if rubric.sha256 == told["sha256"] else "notice_other",
    )


def _shipped(name: str) -> Rubric | None:
    """Return the shipped rubric; one that an update broke names nothing, and must not stop a report."""
    try:
        return load_rubric(name) if name in available_rubrics() else None
    except RubricError:
        return None


def _fits(result: dict[str, Any], rubric: Rubric) -> bool:
    """Tell whether a rubric asks the result's questions: one that asks others would misname them."""
    asked = {f"{d.id}-{q.id}" for d in rubric.data.dimensions for q in d.questions}
    return {f"{a['dimension']}-{a['question']}" for a in result["answers"]} <= asked


def _elements(question: Question) -> Iterator[Element]:
    """Yield the elements of a question's rule, whatever its kind calls them."""
    for name in type(question.rule).model_fields:
        value = getattr(question.rule, name)
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, Element):
                yield item


def _language(result: dict[str, Any]) -> str:
    """Guess an unknown rubric's language by what its recommendations say."""
    text = " ".join(answer["recommendation"] for answer in result["answers"])
    return guess_language(text) or DEFAULT


def _max_score(result: dict[str, Any]) -> float:
    """Work out a question's greatest score from a cell of the matrix and the scores it sums up."""
    cells: dict[tuple[str, str], list[float]] = {}
    for answer in result["answers"]:
        if answer["score"] is not None:
            cells.setdefault((answer["point"], answer["dimension"]), []).append(answer["score"])
    best, scores = 0.0, [3.0]
    for (point, dimension), found in cells.items():
        percent = result["matrix"][point][dimension] or 0.0
        if percent > best:
            best, scores = percent, found
    return round(100 * sum(scores) / (len(scores) * (best or 100.0)), 1)
