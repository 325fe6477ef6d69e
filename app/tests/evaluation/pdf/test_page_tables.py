"""Tables between text, tables drawn sideways, and tables whose rules are missing."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator

import pytest
from reportlab.pdfgen.canvas import Canvas

from decalogo.evaluation.documents.model import Table
from decalogo.evaluation.extract import extract
from decalogo.evaluation.pdf import native, page
from decalogo.evaluation.pdf.text_page import TextPage

ROWS = [
    ["Programa", "Indicador", "Meta"],
    ["Educación rural", "Aulas nuevas", "35"],
    ["Salud", "Partos atendidos", "92 %"],
    ["Vivienda", "Títulos", "150"],
]


@pytest.fixture(params=["c", "python"], autouse=True)
def reader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both page readers find the same tables."""
    if request.param == "c" and native.library() is None:
        pytest.skip("the C page reader is not built")
    monkeypatch.setattr(page, "text_page", lambda: native.NativeTextPage if request.param == "c" else TextPage)


def drawn(draw: Callable[[Canvas], None]) -> bytes:
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(612, 792), invariant=1)
    canvas.setFont("Helvetica", 10)
    draw(canvas)
    canvas.save()
    return buffer.getvalue()


def ruled(canvas: Canvas, left: float, top: float) -> Iterator[float]:
    """Draw the table, and yield the height of each of its rows."""
    for number, cells in enumerate(ROWS):
        y = top - 18 * number
        yield y + 4
        for column, text in enumerate(cells):
            canvas.rect(left + 100 * column, y, 100, 18)
            canvas.drawString(left + 100 * column + 3, y + 4, text)


def cells(table: Table) -> list[list[str]]:
    return [list(table.header), *([cell.text for cell in row.cells] for row in table.rows)]


@pytest.mark.parametrize("sides", [("nota",), ("", "nota"), ("primera nota", "segunda nota")])
def test_a_table_with_text_next_to_it_keeps_its_cells(sides: tuple[str, ...]) -> None:
    def draw(canvas: Canvas) -> None:
        for y in ruled(canvas, 130, 600):
            for x, text in zip((40, 450), sides, strict=False):
                canvas.drawString(x, y, text)

    (table,) = extract(drawn(draw)).tables
    assert cells(table) == ROWS


@pytest.mark.parametrize("angle", [90, 180, 270])
@pytest.mark.parametrize("heading", ["", "Encabezado derecho de la página con el nombre del plan"])
def test_a_table_drawn_sideways_is_read_in_the_direction_of_its_text(angle: int, heading: str) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.drawString(60, 760, heading)
        canvas.translate(306, 396)
        canvas.rotate(angle)
        list(ruled(canvas, -150, 60))

    (table,) = extract(drawn(draw)).tables
    assert cells(table) == ROWS


def test_sideways_column_titles_do_not_turn_a_table() -> None:
    def draw(canvas: Canvas) -> None:
        list(ruled(canvas, 130, 600))
        for column in range(3):
            canvas.rect(130 + 100 * column, 618, 100, 60)
            canvas.saveState()
            canvas.translate(180 + 100 * column, 625)
            canvas.rotate(90)
            canvas.drawString(0, 0, f"Título {'ABC'[column]}")
            canvas.restoreState()

    (table,) = extract(drawn(draw)).tables
    assert [row[0] for row in cells(table)][-3:] == ["Educación rural", "Salud", "Vivienda"]
