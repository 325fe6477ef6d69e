from decalogo.evaluation.documents.model import PassageKind
from decalogo.evaluation.extract import extract
from tests.evaluation.pdf.pdfs import SENTENCE, heading, paragraph, plan_pdf, ruled_table, space

HEADER = ["Programa", "Indicador de producto", "Meta cuatrienio", "Costo (en miles)"]
WIDTHS = [110, 160, 70, 90]


def rows(count):
    return [
        [
            f"Programa número {n}",
            f"Mujeres atendidas en la ruta de atención integral del corregimiento {n}",
            str(n),
            f"{n}.000",
        ]
        for n in range(1, count + 1)
    ]


def texts(table):
    return [[cell.text for cell in row.cells] for row in table.rows]


def test_a_ruled_table_is_read_cell_by_cell_with_wrapped_text_joined():
    (table,) = extract(plan_pdf([heading("PROGRAMA: MUJER"), ruled_table([HEADER, *rows(4)], WIDTHS)])).tables
    assert table.header == tuple(HEADER)
    assert texts(table) == rows(4)
    assert table.section == ("PROGRAMA: MUJER",)


def test_a_table_over_three_pages_is_one_table_without_its_repeated_header():
    document = plan_pdf(
        [paragraph(SENTENCE), ruled_table([HEADER, *rows(60)], WIDTHS)],
        header="MUNICIPIO DE PRUEBA",
        footer="Plan de desarrollo 2024-2027",
        numbered=True,
    )
    result = extract(document)
    assert len(result.pages) >= 3
    (table,) = result.tables
    assert texts(table) == rows(60)
    assert {row.page for row in table.rows} == set(range(1, len(result.pages) + 1))


def test_a_table_that_goes_on_without_a_header_goes_on():
    (table,) = extract(plan_pdf([ruled_table([HEADER, *rows(40)], WIDTHS, repeat=0)])).tables
    assert texts(table) == rows(40)


def test_a_table_after_text_is_another_table():
    first, second = ruled_table([HEADER, *rows(2)], WIDTHS), ruled_table([HEADER, *rows(3)], WIDTHS)
    tables = extract(plan_pdf([first, paragraph(SENTENCE), second])).tables
    assert [texts(table) for table in tables] == [rows(2), rows(3)]


def test_every_cell_quotes_its_page_verbatim():
    result = extract(plan_pdf([ruled_table([HEADER, *rows(30)], WIDTHS)]))
    cells = [(row.page, cell) for table in result.tables for row in table.rows for cell in row.cells]
    assert cells
    for page, cell in cells:
        quote = result.pages[page - 1].text[cell.start : cell.end]
        assert " ".join(quote.split()) == cell.text


def test_a_cell_over_several_rows_is_said_of_each():
    body = [["Mujer", "Talleres", "4", "10"], ["", "Rutas", "2", "20"], ["", "Casas", "1", "30"]]
    table = ruled_table([HEADER, *body], WIDTHS, extra=[("SPAN", (0, 1), (0, 3))])
    (found,) = extract(plan_pdf([table])).tables
    assert [row[0] for row in texts(found)] == ["Mujer", "Mujer", "Mujer"]


def test_a_title_over_several_columns_is_given_to_each():
    top = ["Programa", "Meta", "", ""]
    years = ["", "2024", "2025", "2026"]
    spans = [("SPAN", (1, 0), (3, 0)), ("SPAN", (0, 0), (0, 1))]
    (found,) = extract(plan_pdf([ruled_table([top, years, ["Mujer", "1", "2", "3"]], WIDTHS, extra=spans)])).tables
    assert found.header == ("Programa", "Meta 2024", "Meta 2025", "Meta 2026")
    assert texts(found) == [["Mujer", "1", "2", "3"]]


def test_ranges_below_a_title_over_several_columns_are_titles():
    top = ["", "Grupo etáreo", "", "Total"]
    ages = ["Año", "5-11", "12-17", "0-17"]
    (found,) = extract(
        plan_pdf(
            [ruled_table([top, ages, ["2019", "15.488", "16.577", "32.065"]], WIDTHS, extra=[("SPAN", (1, 0), (2, 0))])]
        )
    ).tables
    assert found.header == ("Año", "Grupo etáreo 5-11", "Grupo etáreo 12-17", "Total 0-17")
    assert texts(found) == [["2019", "15.488", "16.577", "32.065"]]


def test_a_title_row_over_the_whole_table_is_its_section():
    body = [["EJE 1. DERECHOS", "", "", ""], HEADER, *rows(2)]
    (found,) = extract(plan_pdf([ruled_table(body, WIDTHS, extra=[("SPAN", (0, 0), (3, 0))])])).tables
    assert found.section[-1] == "EJE 1. DERECHOS"
    assert found.header == tuple(HEADER)


def test_an_empty_cell_has_no_offsets():
    (table,) = extract(plan_pdf([ruled_table([HEADER, ["Mujer", "", "3", "9"]], WIDTHS)])).tables
    assert (table.rows[0].cells[1].text, table.rows[0].cells[1].start, table.rows[0].cells[1].end) == ("", -1, -1)


def test_each_row_is_a_passage():
    result = extract(plan_pdf([ruled_table([HEADER, *rows(3)], WIDTHS)]))
    found = [p for p in result.passages if p.kind is PassageKind.TABLE_ROW]
    quotes = [" ".join(result.pages[p.page - 1].text[p.start : p.end].split()) for p in found]
    assert quotes == [" ".join(row) for row in [HEADER, *rows(3)]]


def test_a_frame_around_text_is_no_table():
    assert extract(plan_pdf([ruled_table([[SENTENCE * 3]], [400]), space(), paragraph(SENTENCE)])).tables == ()
