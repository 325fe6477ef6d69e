# ruff: noqa: E501 - markup is easier to read on one line
"""Spreadsheets: sheets as pages, tables as tables, values as they are displayed, and what is not shown."""

import io
import zipfile

import pytest

from decalogo.errors import DocumentTooLargeError, UnsupportedDocumentError
from decalogo.evaluation.documents.model import PassageKind
from decalogo.evaluation.extract import extract
from tests.evaluation.formats.files import ODF, R, S, cells, codes, odf, pages, quotes, rows, xlsx, zipped

STRICT_S = "http://purl.oclc.org/ooxml/spreadsheetml/main"
STRICT_R = "http://purl.oclc.org/ooxml/officeDocument/relationships"
TABLE = (("Indicador", "Línea base", "Meta"), ("Aulas construidas", 10, 35), ("Docentes formados", 80, 120))
READ = [["Indicador", "Línea base", "Meta"], ["Aulas construidas", "10", "35"], ["Docentes formados", "80", "120"]]


def ods(*tables: str, styles: str = "") -> bytes:
    return odf("".join(tables), styles, "spreadsheet")


def sheet(*lines: tuple[str, ...], name: str = "Hoja1", attributes: str = "") -> str:
    inner = "".join(
        f"<table:table-row>{''.join(f'<table:table-cell><text:p>{text}</text:p></table:table-cell>' for text in line)}"
        "</table:table-row>"
        for line in lines
    )
    return f'<table:table table:name="{name}" {attributes}>{inner}</table:table>'


TEXTS = tuple(tuple(str(value) for value in line) for line in TABLE)


def test_a_sheet_is_a_page_and_its_cells_a_table():
    found = extract(xlsx(rows(*TABLE), rows(("Nota", "Fin"), ("a", "b")), names="Metas,Otra hoja"))
    assert found.media_type.endswith("spreadsheetml.sheet")
    assert len(found.pages) == 2
    assert [list(found.tables[0].header), *([c.text for c in row.cells] for row in found.tables[0].rows)] == READ
    assert found.tables[0].section == ("Metas",)
    assert codes(found) == []


def test_a_sheet_of_an_ods_is_a_page_and_its_cells_a_table():
    found = extract(ods(sheet(*TEXTS, name="Metas"), sheet(("Nota", "Fin"), ("a", "b"))))
    assert found.media_type == "application/vnd.oasis.opendocument.spreadsheet"
    assert len(found.pages) == 2
    assert [list(found.tables[0].header), *([c.text for c in row.cells] for row in found.tables[0].rows)] == READ


def test_titles_and_notes_around_a_table_are_no_part_of_it():
    body = rows(("MATRIZ DE METAS 2024-2027",), *TABLE, ("Fuente: Secretaría de Educación.",))
    found = extract(xlsx(body))
    assert cells(found) == READ
    assert quotes(found, PassageKind.PROSE) == ["Fuente: Secretaría de Educación."]


def test_empty_rows_part_tables_but_not_a_table_that_goes_on():
    gap = (
        rows(*TABLE)
        + rows(("Rutas", 1, 2), first=6)
        + rows(("Programa", "Recurso", "Costo"), ("Vida", "SGP", 5), first=9)
    )
    found = extract(xlsx(gap.replace("</sheetData><sheetData>", "")))
    assert [len(table.rows) for table in found.tables] == [3, 1]
    assert [cell.text for cell in found.tables[0].rows[2].cells] == ["Rutas", "1", "2"]


STYLES = (
    '<numFmts><numFmt numFmtId="170" formatCode="&quot;$&quot;\\ #,##0"/><numFmt numFmtId="171" formatCode="0.0&quot; por mil&quot;"/>'
    '<numFmt numFmtId="172" formatCode="#,##0,,&quot; millones&quot;"/><numFmt numFmtId="173" formatCode="[$-240A]d&quot; de &quot;mmmm&quot; de &quot;yyyy"/>'
    "</numFmts><cellXfs>{}</cellXfs>"
).format("".join(f'<xf numFmtId="{n}"/>' for n in (0, 9, 10, 3, 4, 14, 17, 170, 171, 172, 173)))


@pytest.mark.parametrize(
    ("style", "value", "shown"),
    [
        (0, "1250", "1250"),
        (0, "12.5", "12,5"),
        (0, "0.30000000000000004", "0,3"),
        (0, "12345678901", "12345678901"),
        (1, "0.85", "85%"),
        (2, "0.125", "12,50%"),
        (3, "1250000", "1.250.000"),
        (4, "1250.5", "1.250,50"),
        (5, "45291", "31/12/2023"),
        (6, "45291", "12/2023"),
        (7, "1250000", "$ 1.250.000"),
        (8, "12.44", "12,4 por mil"),
        (9, "3500000000", "3.500 millones"),
        (10, "45291", "31/12/2023"),
        (0, "-0.5", "-0,5"),
    ],
)
def test_numbers_are_written_as_the_sheet_shows_them(style, value, shown):
    body = f'<sheetData><row r="1"><c r="A1" s="{style}"><v>{value}</v></c></row></sheetData>'
    assert pages(extract(xlsx(body, styles=STYLES))) == [shown]


def test_shared_texts_errors_truth_values_and_inline_texts_are_read():
    body = (
        '<sheetData><row r="1"><c r="A1" t="s"><v>1</v></c><c r="B1" t="b"><v>1</v></c><c r="C1" t="str"><f>A1</f>'
        '<v>calculado</v></c><c r="D1" t="e"><v>#¡REF!</v></c><c r="E1" t="inlineStr"><is><t>directo</t></is></c></row></sheetData>'
    )
    found = extract(xlsx(body, texts=("<t>cero</t>", "<r><t>uno</t></r><rPh><t>X</t></rPh><r><t> y dos</t></r>")))
    assert pages(found) == ["uno y dos\nVERDADERO\ncalculado\n#¡REF!\ndirecto"]


def test_raised_characters_of_a_cell_are_apart_from_its_number():
    text = '<r><t>120</t></r><r><rPr><vertAlign val="superscript"/></rPr><t>2</t></r>'
    body = '<sheetData><row r="1"><c r="A1" t="s"><v>0</v></c></row></sheetData>'
    assert pages(extract(xlsx(body, texts=(text,)))) == ["120 [2]"]


def test_merged_cells_hold_for_all_rows_and_columns_they_cover():
    body = rows(("Programa", "Metas", None), (None, "2024", "2025"), ("Paz", "10", "20"), (None, "30", "40"))
    body += '<mergeCells><mergeCell ref="A1:A2"/><mergeCell ref="B1:C1"/><mergeCell ref="A3:A4"/></mergeCells>'
    found = extract(xlsx(body))
    assert cells(found) == [["Programa", "Metas 2024", "Metas 2025"], ["Paz", "10", "20"], ["Paz", "30", "40"]]


def test_merged_cells_of_an_ods_hold_for_all_rows_they_cover():
    lines = [
        "<table:table-cell><text:p>Programa</text:p></table:table-cell><table:table-cell><text:p>Meta</text:p></table:table-cell>",
        '<table:table-cell table:number-rows-spanned="2"><text:p>Paz</text:p></table:table-cell>'
        "<table:table-cell><text:p>10</text:p></table:table-cell>",
        "<table:covered-table-cell/><table:table-cell><text:p>20</text:p></table:table-cell>",
    ]
    inner = "".join(f"<table:table-row>{line}</table:table-row>" for line in lines)
    found = extract(ods(f'<table:table table:name="Hoja1">{inner}</table:table>'))
    assert cells(found) == [["Programa", "Meta"], ["Paz", "10"], ["Paz", "20"]]


def test_what_a_workbook_hides_is_not_read_and_flagged():
    book = (
        f'<workbook xmlns="{S}" xmlns:r="{R}"><sheets><sheet name="Secreta" sheetId="1" r:id="s1" state="hidden"/>'
        '<sheet name="Metas" sheetId="2" r:id="s2"/></sheets></workbook>'
    )
    visible = (
        '<cols><col min="2" max="2" hidden="1"/></cols><sheetData><row r="1"><c r="A1"><v>1</v></c><c r="B1"><v>2</v></c>'
        '<c r="C1"><v>3</v></c></row><row r="2" hidden="1"><c r="A2"><v>4</v></c></row></sheetData>'
    )
    found = extract(xlsx(rows(("oculto",)), visible, book=book))
    assert pages(found) == ["Metas\n1\n3"]
    (flag,) = found.flags
    assert flag.code == "hidden-not-read"
    assert "3 sheets, rows or columns" in flag.detail


def test_what_an_ods_hides_is_not_read_and_flagged():
    styles = (
        '<style:style style:name="H" style:family="table"><style:table-properties table:display="false"/></style:style>'
    )
    column = '<table:table-column/><table:table-column table:visibility="collapse"/>'
    row = '<table:table-row table:visibility="filter"><table:table-cell><text:p>filtrado</text:p></table:table-cell></table:table-row>'
    visible = sheet(("uno", "dos")).replace("<table:table-row>", f"{column}{row}<table:table-row>", 1)
    found = extract(ods(sheet(("oculto",), attributes='table:style-name="H"'), visible, styles=styles))
    assert pages(found) == ["uno"]
    assert codes(found) == ["hidden-not-read"]


def test_formulas_without_a_result_are_flagged():
    body = '<sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>Total</t></is></c><c r="B1"><f>SUM(C1:C9)</f></c></row></sheetData>'
    assert codes(extract(xlsx(body))) == ["values-missing"]


def test_comments_and_shapes_on_a_sheet_are_not_read():
    note = "<office:annotation><text:p>Falta la meta.</text:p></office:annotation>"
    shapes = (
        "<table:shapes><draw:frame><draw:text-box><text:p>Dibujo</text:p></draw:text-box></draw:frame></table:shapes>"
    )
    body = (
        sheet(("Meta",))
        .replace("<text:p>", f"{note}<text:p>")
        .replace("<table:table-row>", f"{shapes}<table:table-row>", 1)
    )
    assert pages(extract(ods(body))) == ["Meta"]


def test_repeated_cells_and_rows_of_an_ods_are_read_as_often_as_they_are_shown():
    inner = (
        '<table:table-row table:number-rows-repeated="2"><table:table-cell table:number-columns-repeated="2"><text:p>x</text:p>'
        '</table:table-cell><table:table-cell table:number-columns-repeated="16382"/></table:table-row>'
        '<table:table-row table:number-rows-repeated="1048574"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
    )
    found = extract(ods(f'<table:table table:name="Hoja1">{inner}</table:table>'))
    assert pages(found) == ["x\nx\nx\nx"]


def test_strict_workbooks_are_read():
    with zipfile.ZipFile(io.BytesIO(xlsx(rows(*TABLE)))) as archive:
        parts = {name: archive.read(name).decode() for name in archive.namelist()}
    strict = {name: text.replace(S, STRICT_S).replace(R, STRICT_R) for name, text in parts.items()}
    assert cells(extract(zipped(strict))) == READ


@pytest.mark.parametrize(
    "body",
    [
        "<sheetData>" + '<row><c t="b"><v>1</v></c></row>' * 250_000 + "</sheetData>",
        "<sheetData><row>" + '<c t="b"><v>1</v></c>' * 600_000 + "</row></sheetData>",
    ],
)
def test_a_sheet_without_end_is_refused(body):
    with pytest.raises(DocumentTooLargeError):
        extract(xlsx(body))


def test_a_text_that_half_a_million_cells_share_is_counted_in_each():
    body = "<sheetData><row>" + '<c t="s"><v>0</v></c>' * 50_000 + "</row></sheetData>"
    with pytest.raises(DocumentTooLargeError, match="characters"):
        extract(xlsx(body, texts=(f"<t>{'a' * 1000}</t>",)))


def test_excel_2003_xml_is_read():
    content = (
        '<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
        'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Styles><Style ss:ID="p"><NumberFormat ss:Format="Percent"/></Style>'
        '</Styles><Worksheet ss:Name="Metas"><Table><Row><Cell><Data ss:Type="String">Indicador</Data></Cell><Cell>'
        '<Data ss:Type="String">Meta</Data></Cell></Row><Row><Cell><Data ss:Type="String">Cobertura</Data></Cell>'
        '<Cell ss:StyleID="p"><Data ss:Type="Number">0.85</Data></Cell></Row></Table></Worksheet></Workbook>'
    )
    assert cells(extract(content.encode())) == [["Indicador", "Meta"], ["Cobertura", "85,00%"]]


def test_a_flat_ods_is_read_as_its_zipped_twin():
    flat = (
        f'<office:document {ODF} office:mimetype="application/vnd.oasis.opendocument.spreadsheet"><office:body>'
        f"<office:spreadsheet>{sheet(*TEXTS)}</office:spreadsheet></office:body></office:document>"
    )
    assert cells(extract(flat.encode())) == READ


def test_a_binary_workbook_is_named():
    with pytest.raises(UnsupportedDocumentError, match="binary Excel workbook"):
        extract(zipped({"[Content_Types].xml": "<Types/>", "xl/workbook.bin": b"\0"}))
