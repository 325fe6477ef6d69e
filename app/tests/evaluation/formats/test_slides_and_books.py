# ruff: noqa: E501 - markup is easier to read on one line
"""Presentations, where a slide is a page, and EPUB books."""

import pytest

from decalogo.errors import DamagedDocumentError, EncryptedDocumentError
from decalogo.evaluation.documents.model import PassageKind
from decalogo.evaluation.extract import extract
from tests.evaluation.formats.files import (
    GOAL,
    RATE,
    A,
    cells,
    codes,
    odf,
    pages,
    pptx,
    quotes,
    relationships,
    shape,
    zipped,
)


def test_a_slide_is_a_page_with_its_title_as_heading():
    found = extract(pptx(shape("Educación", kind="title") + shape(RATE, kind="body"), shape(GOAL)))
    assert found.media_type.endswith("presentationml.presentation")
    assert pages(found) == [f"Educación\n• {RATE}", GOAL]
    assert quotes(found, PassageKind.HEADING) == ["Educación"]
    assert codes(found) == []


def test_slides_come_in_the_order_of_the_presentation():
    content = pptx(shape("uno"), shape("dos"))
    order = {
        "ppt/_rels/presentation.xml.rels": relationships(
            ("s2", "slide", "slides/slide1.xml"), ("s1", "slide", "slides/slide2.xml")
        )
    }
    import io
    import zipfile

    parts = {}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    assert pages(extract(zipped(parts | order))) == ["dos", "uno"]


def test_tables_on_slides_keep_their_spans():
    def tc(text, attributes=""):
        return f"<a:tc {attributes}><a:txBody><a:p><a:r><a:t>{text}</a:t></a:r></a:p></a:txBody></a:tc>"

    table = "".join(
        f"<a:tr>{line}</a:tr>"
        for line in (
            tc("Programa") + tc("Metas", 'gridSpan="2"') + tc("", 'hMerge="1"'),
            tc("Paz", 'rowSpan="2"') + tc("10") + tc("20"),
            tc("", 'vMerge="1"') + tc("30") + tc("40"),
        )
    )
    frame = (
        f"<p:graphicFrame><a:graphic><a:graphicData><a:tbl>{table}</a:tbl></a:graphicData></a:graphic></p:graphicFrame>"
    )
    assert cells(extract(pptx(frame))) == [["Programa", "Metas", "Metas"], ["Paz", "10", "20"], ["Paz", "30", "40"]]


def test_what_a_slide_does_not_show_is_not_read():
    hidden_shape = shape("oculto").replace("<p:nvSpPr>", '<p:nvSpPr><p:cNvPr id="9" name="x" hidden="1"/>')
    body = shape(RATE) + shape("12", kind="sldNum") + shape("Alcaldía", kind="ftr") + hidden_shape
    body += f'<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><mc:Fallback>{shape("doble")}</mc:Fallback></mc:AlternateContent>'
    assert pages(extract(pptx(body))) == [RATE]


def test_a_hidden_slide_keeps_its_number_and_is_flagged():
    hidden = f'<p:sld show="0">{shape("oculto")}</p:sld>'
    found = extract(pptx(shape("uno"), hidden, shape("tres")))
    assert pages(found) == ["uno", "", "tres"]
    (flag,) = found.flags
    assert (flag.code, flag.pages) == ("hidden-not-read", (2,))


def test_raised_characters_and_line_breaks_of_a_slide():
    runs = '<a:r><a:t>120</a:t></a:r><a:r><a:rPr baseline="30000"/><a:t>2</a:t></a:r><a:br/><a:r><a:t>casos</a:t></a:r>'
    found = extract(pptx(f"<p:sp><p:txBody><a:p>{runs}</a:p></p:txBody></p:sp>"))
    assert pages(found) == ["120 [2]\ncasos"]


def test_texts_of_a_diagram_are_read_on_its_slide():
    drawing = (
        f'<dsp:drawing xmlns:dsp="http://schemas.microsoft.com/office/drawing/2008/diagram" xmlns:a="{A}"><dsp:sp><dsp:txBody>'
        "<a:p><a:r><a:t>Eje de paz</a:t></a:r></a:p></dsp:txBody></dsp:sp></dsp:drawing>"
    )
    parts = {
        "ppt/slides/_rels/slide1.xml.rels": relationships(("d", "diagramDrawing", "../diagrams/drawing1.xml")),
        "ppt/diagrams/drawing1.xml": drawing,
    }
    assert pages(extract(pptx(shape("Estructura"), parts=parts))) == ["Estructura\nEje de paz"]


def test_notes_of_the_speaker_are_not_on_the_slide():
    parts = {
        "ppt/slides/_rels/slide1.xml.rels": relationships(("n", "notesSlide", "../notesSlides/n.xml")),
        "ppt/notesSlides/n.xml": "<p/>",
    }
    assert pages(extract(pptx(shape(RATE), parts=parts))) == [RATE]


def odp_page(text, style=""):
    return (
        f'<draw:page draw:style-name="{style}"><draw:frame><draw:text-box><text:p>{text}</text:p></draw:text-box></draw:frame>'
        "<presentation:notes><draw:frame><draw:text-box><text:p>apuntes</text:p></draw:text-box></draw:frame></presentation:notes>"
        "</draw:page>"
    )


@pytest.mark.parametrize("kind", ["presentation", "drawing"])
def test_a_slide_of_an_open_document_is_a_page_without_the_notes(kind):
    mimetype = f"application/vnd.oasis.opendocument.{'graphics' if kind == 'drawing' else kind}"
    found = extract(odf(odp_page(RATE) + odp_page(GOAL), kind=kind, mimetype=mimetype))
    assert (found.media_type, pages(found)) == (mimetype, [RATE, GOAL])


def test_a_hidden_slide_of_an_open_document_keeps_its_number():
    styles = (
        '<style:style style:name="H" style:family="drawing-page"><style:drawing-page-properties '
        'presentation:visibility="hidden"/></style:style>'
    )
    found = extract(odf(odp_page("uno") + odp_page("oculto", "H") + odp_page("tres"), styles, "presentation"))
    assert pages(found) == ["uno", "", "tres"]
    assert codes(found) == ["hidden-not-read"]


CONTAINER = (
    '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile full-path="OEBPS/content.opf"/>'
    "</rootfiles></container>"
)


def epub(*chapters: str, parts: dict | None = None, order: list[int] | None = None) -> bytes:
    items = "".join(
        f'<item id="c{n}" href="texto/cap%20{n}.xhtml" media-type="application/xhtml+xml"/>'
        for n in range(len(chapters))
    )
    spine = "".join(f'<itemref idref="c{n}"/>' for n in order or range(len(chapters)))
    whole = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": CONTAINER,
        "OEBPS/content.opf": f'<package xmlns="http://www.idpf.org/2007/opf"><manifest>{items}</manifest><spine>{spine}</spine></package>',
    }
    for number, chapter in enumerate(chapters):
        whole[f"OEBPS/texto/cap {number}.xhtml"] = (
            '<?xml version="1.0"?><!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml" '
            f'xmlns:epub="http://www.idpf.org/2007/ops"><head><title/></head><body>{chapter}</body></html>'
        )
    return zipped(whole | (parts or {}))


def test_the_documents_of_a_book_are_read_in_their_order():
    found = extract(epub(f"<h1>Uno</h1><p>{RATE}</p>", f"<h1>Dos</h1><p>{GOAL}</p>", order=[1, 0]))
    assert found.media_type == "application/epub+zip"
    assert pages(found) == [f"Dos\n{GOAL}", f"Uno\n{RATE}"]


def test_a_book_with_the_pages_of_its_print_edition_has_these_pages():
    chapter = (
        '<p>Uno.</p><span epub:type="pagebreak" id="p2"/><p>Dos.</p><div role="doc-pagebreak" id="p3"/><p>Tres.</p>'
    )
    found = extract(epub(chapter))
    assert pages(found) == ["Uno.", "Dos.", "Tres."]
    assert codes(found) == []


def test_a_long_chapter_without_pages_is_cut_and_flagged():
    found = extract(epub("".join(f"<p>{RATE} {n}</p>" for n in range(200))))
    assert len(found.pages) > 4
    assert codes(found) == ["pages-synthetic"]


def encryption(algorithm: str) -> dict[str, str]:
    return {
        "META-INF/encryption.xml": '<encryption xmlns="urn:oasis:names:tc:opendocument:xmlns:container" xmlns:e="http://www.w3.org/2001/04/xmlenc#">'
        f'<e:EncryptedData><e:EncryptionMethod Algorithm="{algorithm}"/></e:EncryptedData></encryption>'
    }


def test_a_protected_book_is_named_and_one_with_hidden_fonts_is_read():
    with pytest.raises(EncryptedDocumentError, match="EPUB"):
        extract(epub(f"<p>{RATE}</p>", parts=encryption("http://www.w3.org/2001/04/xmlenc#aes256-cbc")))
    assert pages(extract(epub(f"<p>{RATE}</p>", parts=encryption("http://www.idpf.org/2008/embedding")))) == [RATE]


def test_a_book_without_its_table_of_parts_is_damaged():
    with pytest.raises(DamagedDocumentError, match="table of parts"):
        extract(zipped({"mimetype": "application/epub+zip", "META-INF/container.xml": CONTAINER}))
