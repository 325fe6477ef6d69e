# ruff: noqa: E501 - markup is easier to read on one line
"""OpenDocument texts: notes, comments, hidden text, merged cells, page breaks, templates and flat files."""

import pytest

from decalogo.errors import DocumentTooLargeError, EncryptedDocumentError
from decalogo.evaluation.extract import extract
from tests.evaluation.formats.files import GOAL, ODF, RATE, cells, codes, odf, pages, zipped

SUPER = (
    '<style:style style:name="T1" style:family="text"><style:text-properties style:text-position="super 58%"/></style:style>'
    '<style:style style:name="T2" style:family="text"><style:text-properties style:text-position="33% 58%"/></style:style>'
    '<style:style style:name="T3" style:family="text"><style:text-properties style:text-position="-33% 58%"/></style:style>'
    '<style:style style:name="H" style:family="text"><style:text-properties text:display="none"/></style:style>'
    '<style:style style:name="HP" style:family="paragraph"><style:text-properties text:display="none"/></style:style>'
    '<style:style style:name="B" style:family="paragraph"><style:paragraph-properties fo:break-before="page"/></style:style>'
    '<style:style style:name="C" style:family="paragraph" style:parent-style-name="B"/>'
    '<style:style style:name="E" style:family="paragraph"><style:paragraph-properties fo:break-after="page"/></style:style>'
    '<style:style style:name="M" style:family="paragraph" style:master-page-name="Horizontal"/>'
)


def p(text, style=""):
    return f'<text:p text:style-name="{style}">{text}</text:p>'


def note(text, mark="1", kind="footnote"):
    return (
        f'<text:note text:note-class="{kind}"><text:note-citation>{mark}</text:note-citation>'
        f"<text:note-body>{p(text)}</text:note-body></text:note>"
    )


def table(*lines):
    return f"<table:table>{''.join(f'<table:table-row>{line}</table:table-row>' for line in lines)}</table:table>"


def cell(text, attributes=""):
    return f"<table:table-cell {attributes}>{p(text)}</table:table-cell>"


COVERED = "<table:covered-table-cell/>"


def test_notes_go_to_the_end_of_their_page():
    body = p(f"Llegó a 4.512{note('Registro Único.')} víctimas.") + p(f"Fin{note('DANE.', 'i', 'endnote')}.")
    body += p("Segunda página.", "B")
    assert pages(extract(odf(body, SUPER))) == [
        "Llegó a 4.512 [1] víctimas.\nFin [i].\n[1] Registro Único.",
        "Segunda página.\n[i] DANE.",
    ]


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ('120<text:span text:style-name="T1">2</text:span> casos', "120 [2] casos"),
        ('mujeres<text:span text:style-name="T2">1</text:span>', "mujeres [1]"),
        ('CO<text:span text:style-name="T3">2</text:span>', "CO2"),
    ],
)
def test_raised_characters_are_apart_from_words_and_numbers(markup, text):
    assert pages(extract(odf(p(markup), SUPER))) == [text]


@pytest.mark.parametrize(
    "markup",
    [
        "<office:annotation><dc:creator>Pérez</dc:creator><text:p>Falta la línea base.</text:p></office:annotation>",
        '<text:span text:style-name="H">oculto</text:span>',
        "<text:hidden-text>oculto</text:hidden-text>",
        "<draw:frame><svg:title>Logo</svg:title><svg:desc>Escudo</svg:desc></draw:frame>",
        "<office:binary-data>QUJDREVG</office:binary-data>",
    ],
)
def test_comments_hidden_text_and_descriptions_are_no_text_of_the_page(markup):
    assert pages(extract(odf(p(f"La meta es de 35{markup} aulas."), SUPER))) == ["La meta es de 35 aulas."]


def test_hidden_paragraphs_and_sections_are_not_read():
    hidden = p("oculto", "HP") + f'<text:section text:display="none">{p("oculto")}</text:section>'
    assert pages(extract(odf(hidden + p(RATE), SUPER))) == [RATE]


def test_a_cell_over_several_rows_and_columns_shifts_nothing():
    found = extract(
        odf(
            table(
                cell("Programa") + cell("Indicador") + cell("Línea base") + cell("Meta"),
                cell("Paz", 'table:number-rows-spanned="3"') + cell("Aulas") + cell("10") + cell("35"),
                COVERED
                + cell("Docentes", 'table:number-rows-spanned="2" table:number-columns-spanned="2"')
                + COVERED
                + cell("120"),
                COVERED + '<table:covered-table-cell table:number-columns-repeated="2"/>' + cell("130"),
            )
        )
    )
    assert cells(found) == [
        ["Programa", "Indicador", "Línea base", "Meta"],
        ["Paz", "Aulas", "10", "35"],
        ["Paz", "Docentes", "", "120"],
        ["Paz", "Docentes", "", "130"],
    ]


def test_pages_begin_where_styles_say_so():
    body = p("Uno.") + p("Dos.", "B") + p("Tres.", "C") + p("También tres.", "E") + p("Cuatro.") + p("Cinco.", "M")
    found = extract(odf(body, SUPER))
    assert pages(found) == ["Uno.", "Dos.", "Tres.\nTambién tres.", "Cuatro.", "Cinco."]
    assert codes(found) == []


def test_soft_page_breaks_inside_a_paragraph_part_it():
    assert pages(extract(odf(p("Primera <text:soft-page-break/>segunda.")))) == ["Primera", "segunda."]


def test_blanks_of_pretty_printed_files_are_one_blank():
    assert pages(extract(odf(p("La meta\n      es de\n   35 aulas.")))) == ["La meta es de 35 aulas."]


@pytest.mark.parametrize("kind", ["text-template", "text-master", "text-web"])
def test_templates_and_master_documents_are_texts(kind):
    found = extract(odf(p(RATE), mimetype=f"application/vnd.oasis.opendocument.{kind}"))
    assert pages(found) == [RATE]
    assert found.media_type == "application/vnd.oasis.opendocument.text"


def test_the_type_is_taken_from_the_manifest_where_its_own_entry_is_missing():
    manifest = (
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"><manifest:file-entry '
        'manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.text"/></manifest:manifest>'
    )
    content = f"<office:document-content {ODF}><office:body><office:text>{p(RATE)}</office:text></office:body></office:document-content>"
    assert pages(extract(zipped({"META-INF/manifest.xml": manifest, "content.xml": content}))) == [RATE]


def test_a_flat_file_is_read_as_its_zipped_twin():
    flat = (
        f'<?xml version="1.0"?><office:document {ODF} office:mimetype="application/vnd.oasis.opendocument.text">'
        f"<office:automatic-styles>{SUPER}</office:automatic-styles><office:master-styles>{p('Encabezado')}"
        f"</office:master-styles><office:body><office:text>{p(RATE)}{p(GOAL, 'B')}</office:text></office:body></office:document>"
    )
    found = extract(flat.encode())
    assert pages(found) == [RATE, GOAL]
    assert found.media_type == "application/vnd.oasis.opendocument.text"


def test_a_flat_file_in_utf_16_is_read():
    flat = (
        f'<?xml version="1.0" encoding="UTF-16"?><office:document {ODF} '
        f'office:mimetype="application/vnd.oasis.opendocument.text"><office:body><office:text>{p(RATE)}</office:text>'
        "</office:body></office:document>"
    )
    assert pages(extract(flat.encode("utf-16"))) == [RATE]


@pytest.mark.parametrize(
    "line",
    [
        f"<table:table-row>{'<table:table-cell table:number-columns-repeated=' + chr(34) + '100' + chr(34) + '/>'}</table:table-row>"
        * 60_000,
        '<table:table-row table:number-rows-repeated="100"><table:table-cell><text:p>a</text:p></table:table-cell></table:table-row>'
        * 3_000,
    ],
)
def test_repeated_cells_and_rows_have_a_limit(line):
    with pytest.raises(DocumentTooLargeError):
        extract(odf(f"<table:table>{line}</table:table>"))


def test_a_protected_file_is_named():
    manifest = "<manifest:encryption-data/>"
    content = {
        "mimetype": "application/vnd.oasis.opendocument.text",
        "META-INF/manifest.xml": manifest,
        "content.xml": "\1\2",
    }
    with pytest.raises(EncryptedDocumentError, match="protected OpenDocument"):
        extract(zipped(content))
