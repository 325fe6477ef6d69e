import io
import time
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decalogo.errors import (
    DamagedDocumentError,
    DocumentError,
    DocumentTooLargeError,
    EncryptedDocumentError,
    UnsupportedDocumentError,
)
from decalogo.evaluation.documents.model import PassageKind
from decalogo.evaluation.extract import extract

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
ODF = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
)
PROSE = "El municipio fortalecerá la ruta de atención a mujeres víctimas de violencia, con enfoque diferencial."


def zipped(**parts):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), data)
    return buffer.getvalue()


def docx(body, prolog=""):
    return zipped(word__document_xml=f"{prolog}<w:document {W}><w:body>{body}</w:body></w:document>")


def odt(body):
    inner = f"<office:body><office:text>{body}</office:text></office:body>"
    content = f"<office:document-content {ODF}>{inner}</office:document-content>"
    return zipped(mimetype="application/vnd.oasis.opendocument.text", content_xml=content)


def p(text, properties=""):
    return f"<w:p><w:pPr>{properties}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"


def tc(text, properties=""):
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{p(text)}</w:tc>"


def tr(*cells):
    return f"<w:tr>{''.join(cells)}</w:tr>"


def quotes(result, kind):
    return [result.pages[q.page - 1].text[q.start : q.end] for q in result.passages if q.kind is kind]


def texts(table):
    return [[cell.text for cell in row.cells] for row in table.rows]


BREAK = '<w:p><w:r><w:br w:type="page"/></w:r></w:p>'


def test_headings_paragraphs_and_lists_of_a_docx_are_told_apart():
    result = extract(
        docx(
            p("Derechos de las mujeres", '<w:pStyle w:val="Ttulo1"/>')
            + p(PROSE)
            + p("Rutas de atención", '<w:pStyle w:val="Heading2"/>')
            + p("Primera acción", '<w:numPr><w:numId w:val="1"/></w:numPr>')
        )
    )
    assert result.media_type.endswith("wordprocessingml.document")
    assert quotes(result, PassageKind.HEADING) == ["Derechos de las mujeres", "Rutas de atención"]
    assert quotes(result, PassageKind.PROSE) == [PROSE]
    assert quotes(result, PassageKind.LIST) == ["• Primera acción"]
    assert result.passages[-1].section == ("Derechos de las mujeres", "Rutas de atención")


def test_page_breaks_of_a_docx_are_pages():
    result = extract(docx(p("Primera") + BREAK + p("Segunda") + BREAK + p("Tercera")))
    assert [page.text for page in result.pages] == ["Primera", "Segunda", "Tercera"]
    assert result.flags == ()


def test_a_docx_without_page_breaks_is_cut_and_says_so():
    result = extract(docx(p(PROSE) * 200))
    assert len(result.pages) > 5
    assert [flag.code for flag in result.flags] == ["pages-synthetic"]


def test_a_docx_table_is_read_with_its_spans():
    down, over = '<w:vMerge w:val="restart"/>', "<w:vMerge/>"
    table = (
        tr(tc("Programa"), tc("Meta", '<w:gridSpan w:val="2"/>'))
        + tr(tc("Mujer", down), tc("120"), tc("2024"))
        + tr(tc("", over), tc("130"), tc("2025"))
    )
    (found,) = extract(docx(p("PLAN ESTRATÉGICO MUJER") + f"<w:tbl>{table}</w:tbl>")).tables
    assert found.header == ("Programa", "Meta", "Meta")
    assert texts(found) == [["Mujer", "120", "2024"], ["Mujer", "130", "2025"]]
    assert found.section == ("PLAN ESTRATÉGICO MUJER",)


def test_two_docx_tables_with_text_between_stay_two():
    table = f"<w:tbl>{tr(tc('Programa'), tc('Meta'))}{tr(tc('Mujer'), tc('120'))}</w:tbl>"
    result = extract(docx(table + p(PROSE) + BREAK + p(PROSE) + table))
    assert len(result.tables) == 2
    assert all(
        result.pages[row.page - 1].text[cell.start : cell.end] == cell.text
        for found in result.tables
        for row in found.rows
        for cell in row.cells
    )


def test_deleted_text_and_field_codes_of_a_docx_are_not_read():
    deleted, code = "<w:del><w:r><w:t>borrado</w:t></w:r></w:del>", "<w:instrText>PAGE</w:instrText>"
    assert extract(docx(f"<w:p>{deleted}<w:r>{code}<w:t>{PROSE}</w:t></w:r></w:p>")).pages[0].text == PROSE


def test_an_odt_is_read_with_headings_lists_and_tables():
    rows = [("Programa", "Meta"), ("Mujer", "120")]
    cells = "".join(
        "<table:table-row>"
        + "".join(f"<table:table-cell><text:p>{cell}</text:p></table:table-cell>" for cell in row)
        + '<table:table-cell table:number-columns-repeated="900"/></table:table-row>'
        for row in rows
    )
    result = extract(
        odt(
            '<text:h text:outline-level="2">Enfoque de género</text:h>'
            f"<text:p>{PROSE}</text:p><text:soft-page-break/>"
            "<text:list><text:list-item><text:p>Primera acción</text:p></text:list-item></text:list>"
            f"<table:table>{cells}</table:table>"
        )
    )
    assert result.media_type == "application/vnd.oasis.opendocument.text"
    assert quotes(result, PassageKind.HEADING) == ["Enfoque de género"]
    assert quotes(result, PassageKind.LIST) == ["• Primera acción"]
    assert [page.number for page in result.pages] == [1, 2]
    assert quotes(result, PassageKind.TABLE_ROW) == ["Programa\nMeta", "Mujer\n120"]


def test_a_decompression_bomb_ends_as_too_large_before_it_is_in_memory():
    bomb = docx(f"<w:p><w:r><w:t>{' ' * 60_000_000}</w:t></w:r></w:p>")
    assert len(bomb) < 100_000
    with pytest.raises(DocumentTooLargeError, match="unpacks"):
        extract(bomb)


def test_entities_are_never_expanded():
    entity = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    with pytest.raises(UnsupportedDocumentError, match="document type"):
        extract(docx(p("&b;"), prolog=entity))


def test_a_zip_that_is_no_document_is_refused():
    with pytest.raises(UnsupportedDocumentError, match="ZIP"):
        extract(zipped(foto_png="x"))


def test_an_encrypted_odt_is_named_as_such():
    content = zipped(
        mimetype="application/vnd.oasis.opendocument.text",
        content_xml="\x01\x02",
        **{"META-INF__manifest_xml": "<manifest:encryption-data/>"},
    )
    with pytest.raises(EncryptedDocumentError, match="password"):
        extract(content)


@pytest.mark.parametrize("percent", range(10, 100, 10))
def test_a_truncated_docx_is_damaged(percent):
    whole = docx(p(PROSE) * 20)
    with pytest.raises(DamagedDocumentError, match="again"):
        extract(whole[: len(whole) * percent // 100])


@given(st.data())
def test_a_docx_with_a_changed_byte_ends_in_a_result_or_a_document_error(data):
    copy = bytearray(docx(p(PROSE) * 3))
    copy[data.draw(st.integers(4, len(copy) - 1))] ^= data.draw(st.integers(1, 255))
    started = time.monotonic()
    try:
        result = extract(bytes(copy))
    except DocumentError:
        return
    assert result.pages
    assert time.monotonic() - started < 30


def test_an_archive_that_lost_its_text_is_damaged():
    with pytest.raises(DamagedDocumentError, match="lost its text"):
        extract(zipped(mimetype="application/vnd.oasis.opendocument.text", other_xml="<a/>"))


def test_an_entry_marked_as_encrypted_is_a_document_error():
    content = bytearray(odt("<text:p>Texto</text:p>"))
    at = content.index(b"PK\x01\x02")  # the archive's own list: its first entry is the media type
    content[at + 8] |= 1
    content[6] |= 1
    with pytest.raises(DocumentError):
        extract(bytes(content))
