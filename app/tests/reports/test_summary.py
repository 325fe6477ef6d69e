"""The summary for signature: what it says, and that no text of a document or office breaks it."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any

import docx
import pytest
from pydantic import ValidationError

from decalogo.evaluation import Evaluation
from decalogo.reports import Retention
from decalogo.reports.html import summary_html
from decalogo.reports.labels import labels_for
from decalogo.reports.reviewed import Reviewed
from decalogo.reports.summary import Letterhead, Summary
from decalogo.reports.summary_docx import summary_docx
from decalogo.reports.view import View
from decalogo.reviews.scores import applied
from decalogo.settings import LetterheadSettings
from tests.reports.test_reviewed import SCORED, entry, said, signature

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000050001a5f64540"
    "0000000049454e44ae426082"
)


def summary_for(
    result: dict[str, Any], scores: dict[str, Any] | None = None, *, retention: Retention | None = None, **head: Any
) -> Summary:
    labels = labels_for(result)
    return Summary(
        machine=result,
        view=View(applied(result, scores) if scores else result, labels, "Florencia", retention=retention),
        reviewed=Reviewed(scores, labels) if scores else None,
        letterhead=Letterhead(**head),
        about=(("Código", "18001"),),
        date=datetime(2026, 1, 2, 3, 4, tzinfo=UTC),
    )


@pytest.fixture
def signed(plan: Evaluation) -> dict[str, Any]:
    (answer,) = (a for a in plan.result["answers"] if a["id"] == SCORED)
    return said(plan.result, entry(answer, "rejected", comment="otra fuente"), signature(plan.result))


def text_of(content: bytes) -> str:
    document = docx.Document(io.BytesIO(content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


def test_both_forms_hold_letterhead_scores_changes_and_signature(plan: Evaluation, signed: dict[str, Any]) -> None:
    summary = summary_for(
        plan.result, signed, organisation="Personería", address=("Carrera 1", "Florencia"), role="Personera", logo=PIXEL
    )
    page, words = summary_html(summary).decode(), text_of(summary_docx(summary))
    for wanted in (
        "Personería",
        "Carrera 1",
        "Personera",
        "Código: 18001",
        "Firmado por Ana Ruiz",
        "otra fuente",
        SCORED,
    ):
        assert wanted in page, wanted
        assert wanted in words, wanted
    for value in (summary.percent, plan.result["global"]["percent"]):
        assert f"{summary.words.number(value)} %" in page
        assert f"{summary.words.number(value)} %" in words
    assert "data:image/png;base64," in page
    assert plan.result["sha256"] in words


def test_scores_of_the_summary_are_the_reviewed_ones(plan: Evaluation, signed: dict[str, Any]) -> None:
    summary = summary_for(plan.result, signed)
    assert summary.percent == signed["global"] < plan.result["global"]["percent"]
    (first,) = (row for row in summary.points if row[0] == "P1")
    assert first[2:] == (plan.result["points"][0]["percent"], signed["points"]["P1"])
    (change,) = summary.changes
    assert (change.answer, change.reviewed) == (SCORED, 0.0)


def test_without_a_review_it_says_that_nobody_signed(plan: Evaluation) -> None:
    summary = summary_for(plan.result)
    assert "Borrador, sin firma." in summary_html(summary).decode()
    assert "Revisado" not in text_of(summary_docx(summary))


def test_the_offices_texts_replace_the_defaults_and_may_name_values(plan: Evaluation, signed: dict[str, Any]) -> None:
    summary = summary_for(
        plan.result,
        signed,
        title="Concepto",
        introduction="Sobre {name}: {percent}.",
        closing="Firma {person}, {date}.",
    )
    words = text_of(summary_docx(summary))
    assert "Concepto" in words
    assert f"Sobre Florencia: {summary.words.number(signed['global'])} %." in words
    assert "Firma Ana Ruiz, 01/01/2026 12:00 UTC." in words


def test_equal_summaries_are_equal_files(plan: Evaluation, signed: dict[str, Any]) -> None:
    assert summary_docx(summary_for(plan.result, signed)) == summary_docx(summary_for(plan.result, signed))


def test_a_name_with_markup_and_control_characters_stays_text(plan: Evaluation) -> None:
    summary = summary_for(plan.result, organisation="<b>\x00\x0b&Personería", logo=b"\x89PNG no picture")
    assert "<b>" not in summary_html(summary).decode()
    assert "<b> &Personería" in text_of(summary_docx(summary)) or "<b>&Personería" in text_of(summary_docx(summary))


@pytest.mark.parametrize("text", ["{nombre}", "{name.__class__}", "{name!r}", "{name:>9}", "{", "{}"])
def test_a_text_with_an_unknown_name_in_braces_is_refused_at_the_start(text: str) -> None:
    with pytest.raises(ValidationError):
        LetterheadSettings(introduction=text)
