"""Assemble a valid result from the verdicts of a custom evaluator (docs/how-to/write-an-evaluator.md)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from decalogo.errors import RequestError
from decalogo.evaluation.documents.model import Extracted
from decalogo.evaluation.rubric import Rubric
from decalogo.evaluation.rubric.model import Point, Question
from decalogo.evaluation.scoring.coverage import coverage_of
from decalogo.evaluation.scoring.recommendations import recommend, treatments_by_evidence
from decalogo.evaluation.scoring.result import SCHEMA_VERSION, Evaluation, canonical_json, identity
from decalogo.evaluation.scoring.roll_up import roll_up


@dataclass(frozen=True)
class Quote:
    """Evidence by position: characters ``start`` to ``end`` of a page's text prove an element.

    ``relevance`` is the relevance of the text to the point, over 0 to 1.
    """

    element: str
    page: int
    start: int
    end: int
    relevance: float = 1.0


@dataclass(frozen=True)
class Verdict:
    """The answer to one question about one point.

    Attributes:
        score: score from 0 to the rubric's ``max_score``. A score above 0 requires a quote.
        elements: whether each element was found, by name.
        quotes: evidence, best first.
        recommendation: recommendation; default: the question's advice for several points.
    """

    score: float
    elements: Mapping[str, bool] = field(default_factory=dict)
    quotes: tuple[Quote, ...] = ()
    recommendation: str = ""


class Named(Protocol):
    """Name and version of an evaluator."""

    name: str
    version: str


def assemble(
    evaluator: Named,
    content: bytes | Path,
    rubric: Rubric,
    document: Extracted,
    judge: Callable[[Point, Question], Verdict],
    not_applicable: Mapping[str, str] | None = None,
) -> Evaluation:
    """Call ``judge`` for every question of every applicable point, and return the result.

    Args:
        evaluator: name and version of the evaluator.
        content: the document's bytes, or the file that holds them.
        rubric: points and questions.
        document: the extracted document; its flags become those of the result.
        judge: returns the verdict on one question about one point.
        not_applicable: ids of points to leave out, each with its reason.

    Raises:
        RequestError: ``not_applicable`` names an unknown point.
        ValueError: a verdict is invalid: its score is out of range or has no quote, or a quote is empty.
    """
    reasons = dict(not_applicable or {})
    if unknown := sorted(reasons.keys() - {point.id for point in rubric.data.points}):
        raise RequestError(f"not_applicable names no point of rubric {rubric.id}: {', '.join(unknown)}")
    answers = [
        {
            "id": f"{point.id}-{dimension.id}-{question.id}",
            "point": point.id,
            "dimension": dimension.id,
            "question": question.id,
            "measure": None,
            **_answer(None if point.id in reasons else judge(point, question), question, rubric, document),
        }
        for point in rubric.data.points
        for dimension in rubric.data.dimensions
        for question in dimension.questions
    ]
    result: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "evaluator": {"name": evaluator.name, "version": evaluator.version},
        "rubric": {"id": rubric.id, "version": rubric.version, "sha256": rubric.sha256},
        "document": {
            **identity(content),
            "media_type": document.media_type,
            "pages": document.total_pages or len(document.pages),
            "pages_judged": len(document.pages),
        },
        "coverage": coverage_of(document, (point.id for point in rubric.data.points if point.id not in reasons)),
        "answers": answers,
        **roll_up(answers, rubric.data, reasons),
        "recommendations": recommend(answers, rubric.data, treatments_by_evidence(answers)),
        "proposed_not_applicable": [],
        "flags": [{"code": flag.code, "detail": flag.detail, "pages": list(flag.pages)} for flag in document.flags],
    }
    result["sha256"] = hashlib.sha256(canonical_json(result)).hexdigest()
    return Evaluation(result, tuple(page.text for page in document.pages), document=document)


def _answer(verdict: Verdict | None, question: Question, rubric: Rubric, document: Extracted) -> dict[str, Any]:
    if verdict is None:
        return {"applicable": False, "score": None, "elements": {}, "evidence": [], "recommendation": ""}
    most = rubric.data.max_score
    if not 0 <= verdict.score <= most:
        raise ValueError(f"{question.id}: a score of {verdict.score} is not within 0 and {most}")
    if verdict.score and not verdict.quotes:
        raise ValueError(f"{question.id}: a score of {verdict.score} without a quote")
    return {
        "applicable": True,
        "score": round(float(verdict.score), 2),
        "elements": dict(verdict.elements),
        "evidence": [_evidence(quote, document) for quote in verdict.quotes],
        "recommendation": "" if verdict.score >= most else verdict.recommendation or question.advice_all,
    }


def _evidence(quote: Quote, document: Extracted) -> dict[str, Any]:
    inside = 1 <= quote.page <= len(document.pages) and 0 <= quote.start < quote.end
    text = document.pages[quote.page - 1].text[quote.start : quote.end] if inside else ""
    if len(text) != quote.end - quote.start or not text:
        raise ValueError(f"page {quote.page} has no characters {quote.start} to {quote.end}")
    return {
        "element": quote.element,
        "page": quote.page,
        "start": quote.start,
        "end": quote.end,
        "quote": text,
        "matched": text,
        "relevance": quote.relevance,
    }
