"""Blocks, headings and tables of a page, from a real evaluation to the answer of the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import orjson

from decalogo.api.services import Services
from decalogo.batches.queues import QUEUES
from decalogo.evaluation.scoring.result import Evaluation
from decalogo.worker import attempt
from decalogo.worker.attempt import run_attempt
from tests.api.conftest import problem
from tests.api.working import PAGES, succeed
from tests.evaluation.formats.files import docx, p
from tests.evaluation.pdf.pdfs import heading, paragraph, plan_pdf, ruled_table

API = "/api/v1"
SENTENCE = "La tasa de violencia intrafamiliar fue de 120 casos en el año 2019."
ROWS = [["Indicador", "Meta"], ["Aulas nuevas", "35"], ["Títulos", ""]]


def evaluated(client: httpx.Client, services: Services, name: str, content: bytes) -> str:
    """Upload a document and evaluate it as a worker does; return the address of its pages."""
    batch = client.post(f"{API}/batch/upload", files={"files": (name, content)}).json()
    done = run_attempt("task", QUEUES, services.ledger, services.store, services.settings, lambda documents: None)
    assert done == "succeeded"
    return f"{API}/documents/{batch['documents'][0]['document_id']}/pages"


def test_tables_have_header_cells_and_offsets(client: httpx.Client, services: Services) -> None:
    plan = plan_pdf([heading("CAPÍTULO 1. DIAGNÓSTICO"), paragraph(SENTENCE), ruled_table(ROWS, [120, 80])])
    page = client.get(f"{evaluated(client, services, 'plan.pdf', plan)}/1").json()
    text = page["text"]
    assert page["recognised"] is False
    (table,) = page["tables"]
    assert (table["header"], table["page"], table["section"]) == (ROWS[0], 1, ["CAPÍTULO 1. DIAGNÓSTICO"])
    assert [[cell["text"] for cell in row] for row in table["rows"]] == ROWS[1:]
    cells = [cell for row in table["rows"] for cell in row if cell["text"]]
    assert [text[cell["start"] : cell["end"]] for cell in cells] == ["Aulas nuevas", "35", "Títulos"]
    assert (table["start"], table["end"]) == (cells[0]["start"], cells[-1]["end"])
    assert table["rows"][1][1] == {"text": "", "start": None, "end": None}


def test_blocks_have_kind_level_and_headings_above(client: httpx.Client, services: Services) -> None:
    styles = [p(text, f'<w:outlineLvl w:val="{level}"/>') for text, level in (("Línea social", 0), ("Mujeres", 1))]
    pages = evaluated(client, services, "plan.docx", docx("".join([*styles, p(SENTENCE)])))
    page = client.get(f"{pages}/1").json()
    text = page["text"]
    assert [(one["text"], one["level"]) for one in page["headings"]] == [("Línea social", 1), ("Mujeres", 2)]
    assert [text[one["start"] : one["end"]] for one in page["headings"]] == ["Línea social", "Mujeres"]
    found = [(one["kind"], one["level"], one["section"]) for one in page["blocks"]]
    above = ["Línea social", "Mujeres"]
    assert found == [("heading", 1, above[:1]), ("heading", 2, above), ("prose", None, above)]
    last = page["blocks"][-1]
    assert text[last["start"] : last["end"]] == SENTENCE
    assert page["tables"] == []


def test_each_page_has_its_own_layout(client: httpx.Client, services: Services) -> None:
    plan = "\f".join(f"Programa {n}\n\nSe atendieron {n}00 mujeres en el año 2019." for n in range(1, 5))
    pages = evaluated(client, services, "plan.txt", plan.encode())
    for number in range(1, 5):
        page = client.get(f"{pages}/{number}").json()
        texts = [page["text"][one["start"] : one["end"]] for one in page["blocks"]]
        assert f"Se atendieron {number}00 mujeres en el año 2019." in " ".join(texts)
    assert problem(client.get(f"{pages}/5"), 404, "not-found")["pages"] == 4
    assert client.get(f"{pages}/2", params={"format": "text"}).text == page_text(client, f"{pages}/2")


def page_text(client: httpx.Client, address: str) -> str:
    text: str = client.get(address).json()["text"]
    return text


def test_an_artifact_without_layouts_answers_with_nulls(client: httpx.Client, services: Services) -> None:
    batch = client.post(f"{API}/batch/upload", json={"documents": [{"content": "plan"}]}).json()
    document = batch["documents"][0]["document_id"]
    succeed(services, document)
    answer = client.get(f"{API}/documents/{document}/pages/2").json()
    unknown = dict.fromkeys(("recognised", "blocks", "headings", "tables"))
    assert answer == {"page": 2, "text": PAGES[1], **unknown}


def test_an_evaluator_may_report_the_text_alone() -> None:
    class Foreign:
        pages = ("uno", "dos")

    found: Any = Foreign()
    assert attempt._pages(found) == attempt._pages(Evaluation({}, ("uno", "dos")))


def test_another_tenant_sees_no_layout(
    serve: Callable[..., httpx.Client], client: httpx.Client, services: Services
) -> None:
    pages = evaluated(client, services, "plan.txt", SENTENCE.encode())
    answer = serve(tenant="vecino").get(f"{pages}/1")
    problem(answer, 404, "not-found")
    assert b"blocks" not in answer.content
    assert orjson.loads(client.get(f"{pages}/1").content)["blocks"]
