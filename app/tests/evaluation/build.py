"""Documents and rubrics made by hand, so that a test shows the text it is about."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from decalogo.evaluation import Evaluation
from decalogo.evaluation.documents.model import Cell, Extracted, Page, Passage, PassageKind, Row, Table
from decalogo.evaluation.pipeline import evaluate_extracted
from decalogo.evaluation.rubric import Rubric, load_rubric

COLUMNS = [
    {"role": "baseline", "header": ["linea base"]},
    {"role": "result", "header": ["indicador de resultado"]},
    {"role": "product", "header": ["producto"]},
    {"role": "cost", "header": ["costo"]},
    {"role": "target", "header": ["meta"], "after": {"result": "result_target", "product": "product_target"}},
    {"role": "program", "header": ["programa"]},
]
"""Roles of the columns of an investment table."""


def document(*passages: str | tuple[PassageKind, str], section: tuple[str, ...] = ()) -> Extracted:
    """One page whose passages stand under each other."""
    text, found = "", []
    for item in passages:
        kind, words = (PassageKind.PROSE, item) if isinstance(item, str) else item
        found.append(Passage(1, len(text), len(text) + len(words), kind, section))
        text += words + "\n"
    return Extracted("text/plain", (Page(1, text),), tuple(found))


def table_document(header: list[str], *rows: list[str], section: tuple[str, ...] = ()) -> Extracted:
    """One page that holds one table; an empty string is an empty cell."""
    text, body = "", []
    for row in rows:
        cells = []
        for words in row:
            cells.append(Cell(words, len(text), len(text) + len(words)) if words else Cell("", -1, -1))
            text += words + " " if words else ""
        text += "\n"
        body.append(Row(1, tuple(cells)))
    table = Table(tuple(header), tuple(body), 1, section)
    return Extracted("application/pdf", (Page(1, text),), (), (table,))


def element(name: str, *clauses: dict[str, Any]) -> dict[str, Any]:
    """An element of a rule that any of the clauses proves."""
    return {"name": name, "label": f"lo de {name}", "find": list(clauses)}


def rubric_text(rule: dict[str, Any], **more: Any) -> str:
    """A rubric of one point (women) and one question."""
    data = {
        "id": "small",
        "version": "1",
        "title": "Small",
        "language": "es",
        "ratings": [{"name": "good", "at_least": 50}, {"name": "poor", "at_least": 0}],
        "points": [
            {
                "id": "P1",
                "title": "Mujeres",
                "short": "las mujeres",
                "vocabulary": {"strong": ["mujer(es)?"], "weak": ["genero"], "exclude": ["hombres y mujeres"]},
            }
        ],
        "dimensions": [
            {
                "id": "D1",
                "title": "One",
                "questions": [
                    {
                        "id": "Q1",
                        "title": "Ask",
                        "advice": "En {punto} falta {faltante}.",
                        "advice_all": "Más.",
                        "rule": rule,
                    }
                ],
            }
        ],
        **more,
    }
    return yaml.safe_dump(data, allow_unicode=True, sort_keys=False)


def small_rubric(folder: Path, rule: dict[str, Any], **more: Any) -> Rubric:
    """Load a rubric of one question from a file in ``folder``."""
    path = folder / "small.yaml"
    path.write_text(rubric_text(rule, **more), encoding="utf-8")
    return load_rubric(path)


def answer(folder: Path, rule: dict[str, Any], text: Extracted, **more: Any) -> dict[str, Any]:
    """Judge a document by one question and return the answer, its evidence checked."""
    done = evaluate_extracted(text, small_rubric(folder, rule, **more))
    check_evidence(done)
    found: dict[str, Any] = done.result["answers"][0]
    return found


def check_evidence(done: Evaluation) -> None:
    """Every quote stands where it says and proves an element that was found; a score is never without one."""
    for item in done.result["answers"]:
        if item["score"]:
            assert item["evidence"], item["id"]
        for proof in item["evidence"]:
            page = done.pages[proof["page"] - 1]
            assert page[proof["start"] : proof["end"]] == proof["quote"]
            assert proof["matched"].strip()
            assert proof["matched"] in proof["quote"]
            assert item["elements"][proof["element"]] is True
            assert 0 < len(proof["quote"]) <= 1300
            assert 0 < proof["relevance"] <= 1
