"""Tables whose rules are missing, in part or all, and what only looks like one."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

import pytest
from reportlab.pdfgen.canvas import Canvas

from decalogo.evaluation.documents.model import Table
from decalogo.evaluation.extract import extract
from decalogo.evaluation.pdf import native, page
from decalogo.evaluation.pdf.text_page import TextPage

TARGETS = [
    ["Programa", "Indicador", "Línea base", "Meta 2027", "Presupuesto"],
    ["Educación rural", "Aulas nuevas", "12", "35", "$ 1.200.000.000"],
    ["Salud materna", "Partos atendidos", "71 %", "92 %", "$ 840.000.000"],
    ["Vivienda", "Títulos entregados", "0", "150", "$ 90.000.000"],
]
LEFTS = [60, 165, 275, 345, 430]
PROSE = [
    "El municipio reconoce que las víctimas del conflicto armado tienen derecho a la verdad y a la",
    "reparación integral, y por eso crea el programa Memoria, con 12 jornadas en 2024 y 15 en 2025.",
    "La segunda meta del cuatrienio es llegar a 2.000 hogares, de los cuales 300 son rurales.",
]


@pytest.fixture(params=["c", "python"], autouse=True)
def reader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both page readers find the same tables."""
    if request.param == "c" and native.library() is None:
        pytest.skip("the C page reader is not built")
    monkeypatch.setattr(page, "text_page", lambda: native.NativeTextPage if request.param == "c" else TextPage)


def tables(draw: Callable[[Canvas], None]) -> list[list[list[str]]]:
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(612, 792), invariant=1)
    canvas.setFont("Helvetica", 10)
    draw(canvas)
    canvas.save()
    return [cells(table) for table in extract(buffer.getvalue()).tables]


def cells(table: Table) -> list[list[str]]:
    return [list(table.header), *([cell.text for cell in row.cells] for row in table.rows)]


def write(
    canvas: Canvas,
    rows: Sequence[Sequence[str]],
    lefts: Sequence[float],
    *,
    top: float = 600,
    pitch: float = 16,
    right: Sequence[int] = (),
) -> None:
    """Draw texts in columns; columns in ``right`` are aligned to the right, 70 points from their left."""
    for number, texts in enumerate(rows):
        for column, text in enumerate(texts):
            y = top - pitch * number
            if column in right:
                canvas.drawRightString(lefts[column] + 70, y, text)
            else:
                canvas.drawString(lefts[column], y, text)


def prose(canvas: Canvas, top: float) -> None:
    for number, line in enumerate(PROSE):
        canvas.drawString(60, top - 13 * number, line)


@pytest.mark.parametrize("right", [(), (2, 3, 4)])
def test_an_unruled_table_has_the_columns_of_its_aligned_texts(right: Sequence[int]) -> None:
    assert tables(lambda canvas: write(canvas, TARGETS, LEFTS, right=right)) == [TARGETS]


def test_a_table_with_horizontal_rules_only_has_all_its_columns() -> None:
    def draw(canvas: Canvas) -> None:
        write(canvas, TARGETS, LEFTS)
        for number in range(5):
            canvas.line(55, 612 - 16 * number, 540, 612 - 16 * number)

    assert tables(draw) == [TARGETS]


def test_prose_above_and_below_an_unruled_table_stays_prose() -> None:
    def draw(canvas: Canvas) -> None:
        prose(canvas, 640)
        write(canvas, TARGETS, LEFTS, top=590)
        prose(canvas, 520)

    assert tables(draw) == [TARGETS]


def test_a_text_of_several_lines_is_one_cell() -> None:
    def draw(canvas: Canvas) -> None:
        write(canvas, TARGETS[:2], LEFTS, pitch=20)
        canvas.drawString(60, 568, "y aulas en zonas")
        canvas.drawString(165, 568, "con internet")
        write(canvas, TARGETS[2:], LEFTS, top=548, pitch=20)

    wrapped = ["Educación rural y aulas en zonas", "Aulas nuevas con internet", *TARGETS[1][2:]]
    assert tables(draw) == [[TARGETS[0], wrapped, *TARGETS[2:]]]


def test_a_title_over_several_columns_is_given_to_each() -> None:
    rows = [["Indicador", "2024", "2025", "2026"], ["Aulas", "3", "5", "8"], ["Partos", "10", "20", "30"]]

    def draw(canvas: Canvas) -> None:
        canvas.drawCentredString(335, 616, "Metas por cada año del plan")
        write(canvas, rows, [60, 240, 320, 400])

    (found,) = tables(draw)
    assert found[-2:] == rows[1:]


def test_a_budget_of_two_columns_is_a_table() -> None:
    rows = [["Rubro", "Monto"], ["Educación", "1.200"], ["Salud", "840"], ["Total", "2.040"]]
    assert tables(lambda canvas: write(canvas, rows, [60, 300], right=(1,))) == [rows]


def test_rules_below_the_header_alone_do_not_make_one_row_of_all_others() -> None:
    def draw(canvas: Canvas) -> None:
        write(canvas, TARGETS, LEFTS)
        for y in (612, 596, 546):
            canvas.line(55, y, 540, y)
        for x in (55, 160, 270, 340, 425, 540):
            canvas.line(x, 612, x, 546)

    assert tables(draw) == [TARGETS]


def test_two_columns_of_prose_are_no_table() -> None:
    left = [
        "El municipio reconoce que las",
        "víctimas del conflicto armado",
        "tienen derecho a la verdad y a",
        "la reparación integral en 2024",
    ]
    other = [
        "La segunda columna habla de",
        "otro asunto: las tarifas del",
        "mercado público y el horario",
        "de 120 puestos de venta en la",
    ]
    assert tables(lambda canvas: write(canvas, list(zip(left, other, strict=True)), [60, 320], pitch=13)) == []


def test_three_columns_of_prose_are_no_table() -> None:
    texts = [
        "reconoce que las víctimas",
        "del conflicto tienen derecho",
        "a la verdad y a la paz con",
        "120 casos en el año 2019 y",
    ]
    rows = [[text, f"que {text[:20]}", f"y {text[3:24]}"] for text in texts * 3]
    assert tables(lambda canvas: write(canvas, rows, [60, 230, 410], pitch=13)) == []


def test_a_table_of_contents_is_no_table() -> None:
    rows = [["Presentación", "3"], ["Diagnóstico", "7"], ["Programas", "21"], ["Inversiones", "40"], ["Anexos", "55"]]
    assert tables(lambda canvas: write(canvas, rows, [60, 500])) == []


def test_a_list_is_no_table() -> None:
    rows = [[mark, PROSE[0][:60]] for mark in ("1.", "2.", "3.", "4.")]
    assert tables(lambda canvas: write(canvas, rows, [60, 90])) == []
    assert tables(lambda canvas: write(canvas, [["•", text] for _, text in rows], [60, 90])) == []


def test_a_table_beside_a_column_of_prose_keeps_its_rows() -> None:
    rows = [["Rubro", "Monto"], ["Educación", "1.200"], ["Salud", "840"], ["Total", "2.040"]]

    def draw(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 9)
        for number in range(12):
            canvas.drawString(60, 700 - 13 * number, "El municipio reconoce que las víctimas tienen")
        for number in range(26):
            canvas.drawString(330, 703 - 13 * number, "tienen derecho a la verdad y a la reparación")
        write(canvas, rows, [60, 190], top=520, pitch=17)

    assert tables(draw) == [rows]


def test_prose_close_to_a_table_does_not_hide_it() -> None:
    def draw(canvas: Canvas) -> None:
        canvas.drawString(560, 642, "16")  # at the height of the first line, as the number of a page
        prose(canvas, 642)
        write(canvas, TARGETS, LEFTS, top=602, pitch=13)
        canvas.drawString(165, 550, "Fuente: Secretaría de Planeación")

    assert tables(draw) == [TARGETS]


def test_an_asterisk_in_a_row_is_a_value() -> None:
    rows = [["Indicador", "2015", "2016", "2017"], ["Aulas", "*", "35", "30"], ["Partos", "10", "20", "30"]]
    assert tables(lambda canvas: write(canvas, rows, [60, 240, 320, 400])) == [rows]


def test_lines_set_to_the_width_of_their_column_are_no_table() -> None:
    def draw(canvas: Canvas) -> None:
        for number, words in enumerate(["ejecutar una política integral", "impulsar obras sobre caminos"] * 4):
            for left in (60, 330):
                x = float(left)
                for word in words.split():
                    canvas.drawString(x, 600 - 13 * number, word)
                    x += canvas.stringWidth(word) + 22

    assert tables(draw) == []


def test_the_labels_of_a_chart_are_no_table() -> None:
    def draw(canvas: Canvas) -> None:
        for number, text in enumerate(["Muévete III", "Muévete II", "Muévete", "Me manejo", "Tómesela suave"]):
            canvas.drawString(60, 600 - 30 * number, text)
        for y, value in ((600, "1.110"), (570, "1.250"), (495, "1.402"), (465, "1.852")):
            canvas.drawString(200, y, value)

    assert tables(draw) == []


def test_a_budget_in_thousands_is_a_table() -> None:
    rows = [["Monto", "Rubro"], ["1.200", "Educación"], ["8.400", "Salud"], ["2.040", "Vivienda"]]
    assert tables(lambda canvas: write(canvas, rows, [60, 300])) == [rows]


def test_names_in_two_columns_are_no_table() -> None:
    rows = [["ANA PÉREZ", "LUIS GÓMEZ"], ["Secretaria de Salud", "Secretario de Vivienda"]] * 3
    assert tables(lambda canvas: write(canvas, rows, [60, 320])) == []
