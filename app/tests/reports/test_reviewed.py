"""Reports of a reviewed result: machine and reviewed scores side by side, and who signed them."""

from __future__ import annotations

import csv
import io
import zipfile
from typing import Any

import openpyxl
import orjson
import pytest

from decalogo.evaluation import Evaluation
from decalogo.reports import COMPARISONS, REPORTS, Evaluated, roll_up
from decalogo.reports.archive import reports_zip
from decalogo.reviews.model import fingerprint, fold
from decalogo.reviews.scores import standing

SCORED = "P1-D1-Q1"
COMMENT = "=la fuente es otra"
NOON = 1_767_268_800.0
"""2026-01-01 12:00 UTC."""


def entry(answer: dict[str, Any], verdict: str, **more: Any) -> dict[str, Any]:
    """A line of the journal."""
    return {
        "kind": "review", "track": "first", "answer": answer["id"], "verdict": verdict, "version": 1, "reviewer": "ana",
        "time": NOON, "fingerprint": fingerprint(answer), "score": None, "elements": {}, "comment": "",
    } | more  # fmt: skip


def signature(result: dict[str, Any], **more: Any) -> dict[str, Any]:
    given = {"person": "Ana Ruiz", "token": "t1", "time": NOON}
    return {"kind": "sign", "result_sha256": result["sha256"], "reviews_sha256": "f" * 64} | given | more


def said(result: dict[str, Any], *entries: dict[str, Any]) -> dict[str, Any]:
    found = standing(result, fold(entries), 3.0)
    assert found is not None
    return found


@pytest.fixture
def corrected(plan: Evaluation) -> dict[str, Any]:
    """One answer corrected to zero, then signed."""
    (answer,) = (a for a in plan.result["answers"] if a["id"] == SCORED)
    assert answer["score"] > 0
    review = entry(answer, "rejected", comment=COMMENT)
    return said(plan.result, review, signature(plan.result))


def test_a_result_that_nobody_reviewed_has_no_reviewed_scores(plan: Evaluation) -> None:
    assert standing(plan.result, fold([]), 3.0) is None
    assert b"review" not in REPORTS["html"].render(plan.result).split(b"<body>")[1]


def test_csv_has_both_scores_verdict_reviewer_and_signature(plan: Evaluation, corrected: dict[str, Any]) -> None:
    rows = list(csv.DictReader(io.StringIO(REPORTS["csv"].render(plan.result, reviewed=corrected).decode())))
    by_answer = {row["id"]: row for row in rows}
    row = by_answer[SCORED]
    assert float(row["score"]) > 0
    assert row["reviewed_score"] == "0"
    assert (row["verdict"], row["reviewer"]) == ("evidencia rechazada", "ana")
    assert row["reviewed_found"] == ""
    assert row["comment"] == f"'{COMMENT}"
    assert row["reviewed_at"] == row["signed_at"] == "2026-01-01T12:00:00+00:00"
    other = by_answer["P1-D1-Q2"]
    assert (other["reviewed_score"], other["verdict"], other["signed_by"]) == ("", "", "Ana Ruiz")


def test_csv_for_spreadsheets_writes_times_as_the_language_does(plan: Evaluation, corrected: dict[str, Any]) -> None:
    assert "01/01/2026 12:00 UTC" in REPORTS["csv-excel"].render(plan.result, reviewed=corrected).decode("utf-8-sig")


def test_the_workbook_has_a_sheet_of_the_review(plan: Evaluation, corrected: dict[str, Any]) -> None:
    book = openpyxl.load_workbook(io.BytesIO(REPORTS["xlsx"].render(plan.result, reviewed=corrected)))
    assert book.sheetnames[:3] == ["Matriz", "Revisión", "Respuestas"]
    sheet = book["Revisión"]
    assert "Ana Ruiz, 01/01/2026 12:00 UTC" in sheet["A2"].value
    head = [cell.value for cell in sheet[6]]
    reviewed, machine = head.index("Revisado"), head.index("Máquina")
    first = [cell.value for cell in sheet[7]]
    assert first[0] == "P1"
    assert first[reviewed] == corrected["points"]["P1"] < first[machine] == plan.result["points"][0]["percent"]
    last = [cell.value for cell in sheet[7 + len(plan.result["points"])]]
    assert (last[reviewed], last[machine]) == (corrected["global"], plan.result["global"]["percent"])


def test_the_page_shows_both_results_and_the_review_of_an_answer(plan: Evaluation, corrected: dict[str, Any]) -> None:
    page = REPORTS["html"].render(plan.result, reviewed=corrected).decode()
    assert "Resultado revisado" in page
    assert "Firmado por Ana Ruiz, 01/01/2026 12:00 UTC. Respuestas revisadas: 1 de 270." in page
    assert "evidencia rechazada (ana, 01/01/2026 12:00 UTC)" in page
    assert COMMENT in page


def test_a_signature_of_an_earlier_result_is_named_as_such(plan: Evaluation) -> None:
    (answer,) = (a for a in plan.result["answers"] if a["id"] == SCORED)
    older = said(plan.result, entry(answer, "accepted"), signature(plan.result, result_sha256="0" * 64))
    assert "para un resultado anterior" in REPORTS["html"].render(plan.result, reviewed=older).decode()
    rows = list(csv.DictReader(io.StringIO(REPORTS["csv"].render(plan.result, reviewed=older).decode())))
    assert {row["signed_by"] for row in rows} == {""}


def test_a_review_of_a_changed_answer_gives_no_reviewed_score(plan: Evaluation) -> None:
    (answer,) = (a for a in plan.result["answers"] if a["id"] == SCORED)
    stale = said(plan.result, entry(answer, "corrected", score=0.0, fingerprint="of another answer"))
    assert stale["global"] == plan.result["global"]["percent"]
    rows = {row["id"]: row for row in csv.DictReader(io.StringIO(_csv(plan.result, stale)))}
    assert rows[SCORED]["reviewed_score"] == ""
    assert "por revisar de nuevo" in rows[SCORED]["verdict"]


def _csv(result: dict[str, Any], reviewed: dict[str, Any]) -> str:
    return REPORTS["csv"].render(result, reviewed=reviewed).decode()


def test_comparisons_rank_reviewed_documents_by_their_reviewed_result(
    plan: Evaluation, corrected: dict[str, Any], empty: dict[str, Any]
) -> None:
    whole = roll_up(
        [Evaluated("plan", plan.result, reviewed=corrected), Evaluated("sin", plan.result), Evaluated("cero", empty)]
    )
    brief = whole["documents"][0]["reviewed"]
    assert (brief["rank"], brief["percent"], brief["state"]) == (1, corrected["global"], "signed")
    assert [d["reviewed"] for d in whole["documents"][1:]] == [None, None]
    table = list(csv.DictReader(io.StringIO(COMPARISONS["csv"].render(whole).decode())))
    assert [row["reviewed_rank"] for row in table] == ["1", "", ""]
    assert table[0]["signed_by"] == "Ana Ruiz"
    sheet = openpyxl.load_workbook(io.BytesIO(COMPARISONS["xlsx"].render(whole)))["Clasificación"]
    column = [cell.value for cell in sheet[1]].index("Resultado revisado (%)") + 1
    assert [sheet.cell(row, column).value for row in (2, 3)] == [corrected["global"], "–"]
    page = COMPARISONS["html"].render(whole).decode()
    assert "Puesto revisado" in page
    assert "Firmado por Ana Ruiz" in page
    assert orjson.loads(COMPARISONS["json"].render(whole)) == whole


def test_the_archive_holds_the_reviewed_scores_of_reviewed_documents(
    plan: Evaluation, corrected: dict[str, Any]
) -> None:
    documents = [Evaluated("plan", plan.result, reviewed=corrected), Evaluated("sin", plan.result)]
    with zipfile.ZipFile(io.BytesIO(b"".join(reports_zip(documents)))) as archive:
        names = [name for name in archive.namelist() if name.endswith(".reviewed.json")]
        assert names == ["reports/0001-plan.reviewed.json"]
        assert orjson.loads(archive.read(names[0])) == corrected
