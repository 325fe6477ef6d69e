"""Reports say when the appliance deletes their batch, in the language of the report; the result does not."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC, datetime
from typing import Any

import openpyxl
import pytest

from decalogo.evaluation import Evaluation
from decalogo.reports import COMPARISONS, REPORTS, Evaluated, Retention, roll_up
from decalogo.reports.archive import reports_zip
from decalogo.reports.html import summary_html
from decalogo.reports.summary_docx import summary_docx
from decalogo.reports.words import words
from tests.reports.test_html import check_page
from tests.reports.test_summary import summary_for, text_of

ENDS = datetime(2026, 3, 4, 5, 6, tzinfo=UTC).timestamp()
SPANISH = "Se borra el 04/03/2026 05:06 UTC."


@pytest.mark.parametrize(
    ("kept", "english", "spanish"),
    [
        (Retention(30, ENDS), "deletes it on 2026-03-04 05:06 UTC", SPANISH),
        (Retention(30), "deletes it 30 days after its batch finishes", "Se borra 30 días después de terminar su lote"),
        (Retention(1), "deletes it one day after its batch finishes", "Se borra un día después de terminar su lote"),
        (Retention(0), "keeps it until somebody deletes it", "Se conserva hasta que alguien lo borre"),
    ],
)
def test_a_retention_is_a_sentence_in_each_language(kept: Retention, english: str, spanish: str) -> None:
    assert english in kept.sentence(words("en"))
    assert spanish in kept.sentence(words("es"))


def test_report_workbook_and_both_summaries_name_the_date(plan: Evaluation) -> None:
    kept = Retention(30, ENDS)
    assert SPANISH in check_page(REPORTS["html"].render(plan.result, retention=kept)).text
    book = openpyxl.load_workbook(io.BytesIO(REPORTS["xlsx"].render(plan.result, retention=kept)))
    assert any(SPANISH in str(row[1]) for row in book.worksheets[-1].iter_rows(values_only=True))
    summary = summary_for(plan.result, retention=kept)
    assert SPANISH in summary_html(summary).decode()
    assert SPANISH in text_of(summary_docx(summary))


def test_the_comparison_and_the_archive_name_the_date_outside_the_results(plan: Evaluation) -> None:
    kept, documents = Retention(30, ENDS), [Evaluated("a.pdf", plan.result)]
    assert SPANISH in check_page(COMPARISONS["html"].render(roll_up(documents), kept)).text
    with zipfile.ZipFile(io.BytesIO(b"".join(reports_zip(documents, retention=kept)))) as archive:
        held = {name: archive.read(name) for name in archive.namelist()}
    assert SPANISH in held["reports/0001-a-pdf.html"].decode()
    assert SPANISH in held["index.html"].decode()
    assert json.loads(held["reports/0001-a-pdf.json"]) == plan.result


def test_without_an_appliance_no_report_speaks_of_retention(plan: Evaluation, result: dict[str, Any]) -> None:
    title = words("es")["retention"]
    assert title not in check_page(REPORTS["html"].render(result)).text
    assert title not in text_of(summary_docx(summary_for(plan.result)))
