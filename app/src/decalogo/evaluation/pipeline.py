"""Evaluate a document: bytes and a rubric to a result.

1. Extract pages, passages and tables (``extract``).
2. Cut them into units: sentences and table rows (``matching.units``).
3. Search the terms of all points in every unit, and rank the units for each point (``matching.relevance``).
4. Search the patterns of clauses in the relevant units (``matching.scanner``).
5. Find the elements of each question and score it by its rule (``matching.find``, ``scoring.rules``).
6. Roll up the answers to points, dimensions and the whole (``scoring.roll_up``).
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from decalogo.errors import RequestError
from decalogo.evaluation import progress
from decalogo.evaluation.documents.model import Extracted, Flag, OcrOptions
from decalogo.evaluation.extract import extract
from decalogo.evaluation.fold import fold
from decalogo.evaluation.gc_pause import collector_paused
from decalogo.evaluation.guards.document_kind import kind_flags
from decalogo.evaluation.guards.encoding import encoding_flags
from decalogo.evaluation.guards.sketch import sketch
from decalogo.evaluation.languages import placeholders
from decalogo.evaluation.languages.guess import guess_language
from decalogo.evaluation.learned.findings import Findings
from decalogo.evaluation.learned.model import model_for
from decalogo.evaluation.matching.find import Finder
from decalogo.evaluation.matching.reading import read_units, scan_units
from decalogo.evaluation.options import DEFAULT_OPTIONS, EvaluateOptions
from decalogo.evaluation.rubric import Rubric
from decalogo.evaluation.rubric.model import Point, Question
from decalogo.evaluation.scoring.coverage import coverage_of
from decalogo.evaluation.scoring.recommendations import propose_not_applicable, recommend, treatment_of
from decalogo.evaluation.scoring.reference import reference_of
from decalogo.evaluation.scoring.result import SCHEMA_VERSION, Evaluation, canonical_json, identity
from decalogo.evaluation.scoring.roll_up import roll_up
from decalogo.evaluation.scoring.rules import Context, RuleResult, apply_rule

EVALUATOR = {"name": "decalogo", "version": "2.5.1"}
"""Raise the version whenever the same bytes and rubric could give another result."""


def evaluate(content: bytes | Path, rubric: Rubric, options: EvaluateOptions = DEFAULT_OPTIONS) -> Evaluation:
    """Evaluate one document. The same bytes, rubric and options give the same result, byte for byte.

    Args:
        content: the document's bytes, or a file that holds them (its name does not matter).
        rubric: points and questions.
        options: see ``EvaluateOptions``.

    Raises:
        SplitError: other processes should read parts of the document first (only if ``options.parts`` asks for it).
        DocumentError: the document cannot be read.
        RequestError: ``options.not_applicable`` names an unknown point.
    """
    ocr = options.ocr or OcrOptions(language=rubric.language.tesseract)
    with collector_paused():
        started = time.perf_counter()
        document = extract(
            content,
            max_pages=options.max_pages,
            stop=options.stop,
            ocr=ocr,
            parts=options.parts,
            language=rubric.language,
        )
        read = time.perf_counter()
        evaluation = evaluate_extracted(document, rubric, content=content, options=options)
    return replace(evaluation, seconds={"extract": read - started, "score": time.perf_counter() - read})


def warm(rubric: Rubric) -> None:
    """Load what evaluations by a rubric need, in a process that forks others: they start sooner and share memory."""
    rubric.prepare()
    evaluate(rubric.data.title.encode(), rubric)


def evaluate_extracted(
    document: Extracted,
    rubric: Rubric,
    *,
    content: bytes | Path = b"",
    options: EvaluateOptions = DEFAULT_OPTIONS,
    use_model: bool = True,
) -> Evaluation:
    """Evaluate a document that is already text; see ``evaluate``. ``use_model``: false for the patterns alone."""
    progress.at("match")
    reasons = _reasons(options.not_applicable, rubric)
    model = model_for(rubric) if use_model else None
    reading = read_units(document, rubric, headings=model is not None)
    units, postings, engine = reading.units, reading.postings, reading.engine
    focuses = {point.id: reading.ranker.focus(point) for point in rubric.data.points if point.id not in reasons}
    findings = Findings(model, rubric, reading, focuses) if model and units else None
    # Elements count only where a text is about a point, so nothing is looked for elsewhere.
    searched = {name: findings.narrowed(name, focus) for name, focus in focuses.items()} if findings else focuses
    chosen = findings.near if findings else sorted(set().union(*(focus.relevant for focus in focuses.values())))
    relevant = [units[index] for index in chosen]
    for scanner in engine.scanners[1:]:
        scan_units(relevant, scanner, postings)
    if findings:
        findings.score_elements(rubric, reading, chosen)
    finder = Finder(rubric, engine.patterns, units, relevant, postings)
    progress.at("score")
    most, highest = rubric.data.evidence_per_element, rubric.data.max_score
    checked = {(question, element.name): element for question, element in rubric.data.checked}
    answers = _answers(
        rubric,
        {
            point.id: Context(point, searched[point.id], finder, document.pages, highest, most, findings, checked)
            for point in rubric.data.points
            if point.id not in reasons
        },
    )
    silent = [name for name, focus in focuses.items() if not focus.relevance]
    _mark_recognised(document, answers)
    treatments = {
        name: treatment_of(
            [(units[i].page, units[i].section, weight) for i, weight in focus.relevance.items()],
            rubric.language.programme,
        )
        for name, focus in focuses.items()
    }
    folded = fold("\n".join(page.text for page in document.pages))
    guards = [*kind_flags(folded, rubric.data.expects), *encoding_flags(document.pages)]
    flags = [*document.flags, *guards, *_flags(document, rubric, answers, silent)]
    result: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "evaluator": dict(EVALUATOR),
        "rubric": {"id": rubric.id, "version": rubric.version, "sha256": rubric.sha256},
        "model": {"version": model.version, "sha256": model.sha256, **model.figures} if model else None,
        "document": {
            **identity(content),
            "media_type": document.media_type,
            "pages": document.total_pages or len(document.pages),
            "pages_judged": len(document.pages),
            "sketch": sketch(folded),
            "characters": len(folded),
        },
        "coverage": coverage_of(document, focuses),
        "answers": answers,
        **roll_up(answers, rubric.data, reasons),
        "recommendations": recommend(answers, rubric.data, treatments),
        "proposed_not_applicable": propose_not_applicable(treatments),
        "flags": [{"code": flag.code, "detail": flag.detail, "pages": list(flag.pages)} for flag in flags],
    }
    place = reference_of(rubric, EVALUATOR["version"])
    if place is not None:
        result["global"] |= place.standing(result["global"]["percent"], len(folded))
    result["sha256"] = hashlib.sha256(canonical_json(result)).hexdigest()
    return Evaluation(result, tuple(page.text for page in document.pages), document=document)


def _answers(rubric: Rubric, contexts: Mapping[str, Context]) -> list[dict[str, Any]]:
    """Return the answers in the rubric's order; points without a context do not apply."""
    return [
        _answer(point, dimension.id, question, apply_rule(question, contexts[point.id]), rubric)
        if point.id in contexts
        else _skipped(point, dimension.id, question)
        for point in rubric.data.points
        for dimension in rubric.data.dimensions
        for question in dimension.questions
    ]


def _reasons(not_applicable: Mapping[str, str], rubric: Rubric) -> dict[str, str]:
    known = {point.id for point in rubric.data.points}
    if unknown := sorted(set(not_applicable) - known):
        raise RequestError(f"not_applicable names no point of rubric {rubric.id}: {', '.join(unknown)}")
    return {point.id: not_applicable[point.id] for point in rubric.data.points if point.id in not_applicable}


def _answer(point: Point, dimension: str, question: Question, scored: RuleResult, rubric: Rubric) -> dict[str, Any]:
    advice = ""
    if scored.score < rubric.data.max_score:
        missing = [scored.labels[name] for name, found in scored.elements.items() if not found]
        known = {"point": point.short, "missing": _listed(missing, rubric.data.last_and)}
        # An answer may lack no element and still not have the greatest score, if its rule computes a figure.
        advice = question.advice_all
        if missing:
            advice = question.advice.format_map({written: known[name] for written, name in placeholders().items()})
        advice = rubric.language.euphonic(advice)
    return {
        "id": f"{point.id}-{dimension}-{question.id}",
        "point": point.id,
        "dimension": dimension,
        "question": question.id,
        "applicable": True,
        "score": round(scored.score, 2),
        "elements": scored.elements,
        "evidence": [item.as_dict() for item in scored.evidence],
        "possible": [item.as_dict() for item in scored.possible],
        "measure": scored.measure or None,
        "recommendation": advice,
    }


def _skipped(point: Point, dimension: str, question: Question) -> dict[str, Any]:
    return {
        "id": f"{point.id}-{dimension}-{question.id}",
        "point": point.id,
        "dimension": dimension,
        "question": question.id,
        "applicable": False,
        "score": None,
        "elements": {},
        "evidence": [],
        "possible": [],
        "measure": None,
        "recommendation": "",
    }


def _mark_recognised(document: Extracted, answers: list[dict[str, Any]]) -> None:
    """Mark evidence from scanned pages: recognised words may be wrong."""
    pages = {page for flag in document.flags if flag.code == "pages-by-ocr" for page in flag.pages}
    quoted = (item for answer in answers for item in (*answer["evidence"], *answer["possible"]))
    for item in quoted if pages else ():
        if item["page"] in pages:
            item["recognised"] = True


def _listed(labels: list[str], last_and: str) -> str:
    return labels[0] if len(labels) == 1 else f"{', '.join(labels[:-1])}{last_and}{labels[-1]}" if labels else ""


def _flags(document: Extracted, rubric: Rubric, answers: list[dict[str, Any]], silent: list[str]) -> list[Flag]:
    flags = []
    language = guess_language("\n".join(page.text for page in document.pages))
    if language is not None and language != rubric.data.language:
        flags.append(
            Flag(
                "language", f"The text seems to be in language {language!r}; the rubric is in {rubric.data.language!r}."
            )
        )
    asked = [answer for answer in answers if answer["applicable"]]
    bare = sum(1 for answer in asked if not answer["evidence"])
    if bare * 2 > len(asked):
        flags.append(Flag("little-evidence", f"{bare} of {len(asked)} answers have no evidence."))
    if silent:
        flags.append(Flag("point-without-text", f"No text about these points was found: {', '.join(silent)}."))
    return flags
