"""The plan of Florencia as published: 116 pages, a cover without text, footers with addresses and telephone numbers."""

import pytest

from decalogo.evaluation.documents.model import OcrOptions, PassageKind
from decalogo.evaluation.extract import extract

NEVER = OcrOptions(mode="never")
"""The cover is a picture: whether it is read depends on what is installed."""


@pytest.fixture(scope="module")
def plan(real_plan):
    return extract(real_plan, ocr=NEVER)


def quote(plan, page, start, end):
    return plan.pages[page - 1].text[start:end]


def test_all_pages_are_there_and_the_cover_is_flagged(plan):
    assert len(plan.pages) == 116
    assert [(flag.code, flag.pages) for flag in plan.flags] == [("pages-without-text", (1,))]


def test_addresses_and_telephones_are_in_no_evidence(plan):
    kinds = {PassageKind.PROSE, PassageKind.LIST, PassageKind.TABLE_ROW, PassageKind.HEADING}
    evidence = "\n".join(quote(plan, p.page, p.start, p.end) for p in plan.passages if p.kind in kinds)
    for footer in ("PALACIO DE GOBIERNO", "Cra 12 con Calle 15", "435-8100", "secplaneacion@"):
        assert footer not in evidence
    marked = {p.page for p in plan.passages if p.kind is PassageKind.FURNITURE}
    assert marked >= set(range(2, 117))


def test_the_product_table_of_page_61_is_read_exactly(plan):
    (table,) = [t for t in plan.tables if t.page == 61]
    assert table.header == (
        "Programa",
        "Indicador de Bienestar",
        "Meta Cuatrienio",
        "Indicador de Producto",
        "Unidad de medida",
        "Meta Cuatrienio",
        "Población objetivo",
        "Costo Total (en miles)",
    )
    assert len(table.rows) == 14
    assert [cell.text for cell in table.rows[4].cells] == [
        "Inteligencia vial",
        "Siniestros viales",
        "2071",
        "Señales verticales instaladas",
        "Número",
        "700",
        "Actores viales",
        "730.000",
    ]
    assert table.section[1:] == ("8. SECTOR: TRANSPORTE", "PLAN ESTRATÉGICO MOVILIDAD:")


def test_tables_that_run_over_pages_are_joined(plan):
    (table,) = [t for t in plan.tables if t.section[-1:] == ("PLAN ESTRATÉGICO INCLUSIÓN:",)]
    assert {row.page for row in table.rows} == {30, 31, 32, 33}
    assert table.header[0] == "Programa"


def test_every_cell_is_quoted_from_its_page(plan):
    cells = [(row.page, cell) for table in plan.tables for row in table.rows for cell in row.cells if cell.text]
    assert len(cells) > 3000
    exact = [" ".join(quote(plan, page, cell.start, cell.end).split()) == cell.text for page, cell in cells]
    assert sum(exact) >= 0.98 * len(exact)
    assert all(" ".join(quote(plan, page, cell.start, cell.end).split()) in cell.text for page, cell in cells)


def test_sections_follow_the_plan_from_line_to_programme(plan):
    found = {p.section for p in plan.passages}
    assert (
        "LÍNEA ESTRATÉGICA 1: FLORENCIA DIVERSA E INCLUYENTE",
        "2. SECTOR: INCLUSIÓN SOCIAL",
        "PROGRAMA MUJER Y GÉNERO “Heliconias”",
    ) in found


def test_passages_are_of_a_length_that_reads_as_one_statement(plan):
    lengths = [p.end - p.start for p in plan.passages if p.kind in {PassageKind.PROSE, PassageKind.LIST}]
    assert max(lengths) <= 1200
    assert sum(length for length in lengths if length >= 40) >= 0.97 * sum(lengths)


def test_the_same_file_gives_the_same_result(plan, real_plan):
    assert extract(real_plan.read_bytes(), ocr=NEVER) == plan
