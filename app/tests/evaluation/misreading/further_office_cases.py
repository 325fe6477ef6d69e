# ruff: noqa: E501 - markup is easier to read on one line
"""Further inputs of office formats and PDFs, one per program or habit."""

from __future__ import annotations

from tests.evaluation.formats.files import GOAL, RATE, W, docx, odf, p, pptx, relationships, run, xlsx, zipped
from tests.evaluation.misreading.expected import case
from tests.evaluation.misreading.office_cases import rtf, styled
from tests.evaluation.misreading.pdf_drawn import drawn
from tests.evaluation.misreading.text_cases import html
from tests.evaluation.pdf.raw_pdfs import raw_pdf, shown

_SHARED = '<r><t>es de 120</t></r><r><rPr><vertAlign val="superscript"/></rPr><t>2</t></r><r><t> casos</t></r>'
_NOTES: dict[str, str | bytes] = {
    "word/endnotes.xml": f'<w:endnotes xmlns:w="{W}"><w:endnote w:id="0" w:type="separator"><w:p/></w:endnote><w:endnote w:id="5">{p("Según el DANE.")}</w:endnote></w:endnotes>'
}


CASES = [
    case(
        "F2",
        "XLSX, rich text",
        lambda: xlsx(
            '<sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>0</v></c></row></sheetData>',
            texts=(_SHARED,),
        ),
        ("es de 120 [2] casos",),
    ),
    case(
        "F2",
        "DOCX, character style",
        lambda: docx(
            f'<w:p>{run("mujeres")}<w:r><w:rPr><w:rStyle w:val="Refdenotaalpie"/></w:rPr><w:t>1</w:t></w:r></w:p>',
            {
                "word/styles.xml": f'<w:styles xmlns:w="{W}"><w:style w:styleId="Refdenotaalpie" w:type="character"><w:rPr><w:vertAlign w:val="superscript"/></w:rPr></w:style></w:styles>'
            },
            relationships(("s", "styles", "styles.xml")),
        ),
        ("mujeres [1]",),
    ),
    case(
        "F2",
        "HTML, several marks in one superscript",
        lambda: html(
            '<p>mujeres<a href="#_ftn1"><span class=MsoFootnoteReference><span style="mso-special-character:footnote">[1]</span></span></a> y 120<sup><a>2</a>,<a>3</a></sup> casos</p>'
        ),
        ("120 [2,3] casos",),
        lacks=("1202",),
    ),
    case(
        "F2",
        "PDF, two marks with a comma",
        lambda: raw_pdf(shown("es de 120", 60, 700) + shown("2,3", 110.1, 704, 6) + shown(" casos", 118.5, 700)),
        ("es de 120 [2,3] casos",),
    ),
    case(
        "F2",
        "ODT, superscript of automatic size",
        lambda: odf(
            '<text:p>es de 120<text:span text:style-name="S">2</text:span> casos</text:p>',
            styled('style:text-position="super"'),
        ),
        ("es de 120 [2] casos",),
    ),
    case(
        "F2",
        "PPTX, baseline",
        lambda: pptx(
            '<p:cSld><p:spTree><p:sp><p:txBody><a:p><a:r><a:t>es de 120</a:t></a:r><a:r><a:rPr baseline="30000"/><a:t>2</a:t></a:r><a:r><a:t> casos</a:t></a:r></a:p></p:txBody></p:sp></p:spTree></p:cSld>'
        ),
        ("es de 120 [2] casos",),
    ),
    case(
        "F3",
        "a page around the origin with a unit of its own",
        lambda: raw_pdf(
            shown(RATE, -200, 0) + shown(GOAL, -200, 500),
            media_box=b"[-306 -396 306 396]",
            page=b"/CropBox [-306 -396 306 300] /UserUnit 2",
        ),
        (RATE,),
        lacks=(GOAL,),
    ),
    case(
        "F3",
        "a crop box with its corners reversed",
        lambda: raw_pdf(shown(RATE, 60, 700) + shown(GOAL, 60, 100), page=b"/CropBox [612 792 0 400]"),
        (RATE,),
        lacks=(GOAL,),
    ),
    case(
        "F3",
        "a table beside the page",
        lambda: drawn(
            lambda c: (
                c.drawString(60, 700, RATE),
                c.grid([700, 800, 900], [600, 620, 640]),
                [c.drawString(705 + 100 * i, 605 + 20 * j, f"x{i + 2 * j}") for i in (0, 1) for j in (0, 1)],
            )
        ),
        (RATE,),
        lacks=("x1",),
    ),
    case(
        "F4",
        "DOCX, a break inside a cell",
        lambda: docx(
            "<w:tbl><w:tr><w:tc><w:p>"
            + run("A")
            + '<w:r><w:br w:type="page"/></w:r>'
            + run("B")
            + "</w:p></w:tc></w:tr></w:tbl>"
            + p("C")
        ),
        ("A", "B", "C"),
        pages=2,
    ),
    case(
        "F4",
        "DOCX, a deleted break",
        lambda: docx(
            f'<w:p>{run("Uno.")}<w:del w:id="1"><w:r><w:br w:type="page"/></w:r></w:del>{run(" Sigue.")}</w:p>'
            + p("Dos.", '<w:pageBreakBefore w:val="0"/>')
        ),
        ("Uno. Sigue.", "Dos."),
        pages=1,
    ),
    case(
        "F4",
        "DOCX, a break of the style that a paragraph takes back",
        lambda: docx(
            p("Uno.")
            + p("Capítulo 2", '<w:pStyle w:val="T2"/>')
            + p("Tres", '<w:pStyle w:val="T2"/><w:pageBreakBefore w:val="false"/>'),
            {
                "word/styles.xml": f'<w:styles xmlns:w="{W}"><w:style w:styleId="T1"><w:pPr><w:pageBreakBefore/></w:pPr></w:style><w:style w:styleId="T2"><w:basedOn w:val="T1"/></w:style></w:styles>'
            },
            relationships(("s", "styles", "styles.xml")),
        ),
        ("Uno.", "Capítulo 2 Tres"),
        pages=2,
    ),
    case(
        "F5",
        "DOCX, parts in UTF-16",
        lambda: zipped(
            {
                "_rels/.rels": relationships(("r", "officeDocument", "word/document.xml")),
                "word/document.xml": (
                    '<?xml version="1.0" encoding="UTF-16"?>'
                    + f'<w:document xmlns:w="{W}"><w:body>{p(RATE)}</w:body></w:document>'
                ).encode("utf-16"),
            }
        ),
        (RATE,),
    ),
    case(
        "F5",
        "DOCX, names in another case",
        lambda: zipped(
            {
                "_rels/.rels": relationships(("r", "officeDocument", "/Word/Document.xml")),
                "word/document.xml": f'<w:document xmlns:w="{W}"><w:body>{p(RATE)}</w:body></w:document>',
            }
        ),
        (RATE,),
    ),
    case(
        "F5",
        "DOCX, another namespace prefix",
        lambda: zipped(
            {
                "_rels/.rels": relationships(("r", "officeDocument", "word/document2.xml")),
                "word/document2.xml": f'<x:document xmlns:x="{W}"><x:body><x:p><x:r><x:t>{RATE}</x:t></x:r></x:p></x:body></x:document>',
            }
        ),
        (RATE,),
    ),
    case(
        "F6",
        "DOCX, an endnote with a mark of its own in a table",
        lambda: docx(
            "<w:tbl><w:tr><w:tc><w:p>"
            + run("12")
            + '<w:r><w:rPr><w:vertAlign w:val="superscript"/></w:rPr><w:endnoteReference w:customMarkFollows="1" w:id="5"/><w:t>*</w:t></w:r></w:p></w:tc></w:tr></w:tbl>'
            + p("Fin."),
            _NOTES,
            relationships(("n", "endnotes", "endnotes.xml")),
        ),
        ("12 [*]", "Fin.", "Según el DANE."),
    ),
    case(
        "F6",
        "DOCX, RTF as altChunk",
        lambda: docx(
            p("Anexo:") + '<w:altChunk r:id="c"/>',
            {"word/c.rtf": rtf(r"\pard Meta: 35 aulas.\par")},
            relationships(("c", "aFChunk", "c.rtf")),
        ),
        ("Anexo:", "Meta: 35 aulas."),
    ),
    case(
        "F6",
        "DOCX, HTML in UTF-16 as altChunk",
        lambda: docx(
            '<w:altChunk r:id="c"/>',
            {"chunks/c.html": f"<html><body><p>{GOAL}</p></body></html>".encode("utf-16")},
            relationships(("c", "aFChunk", "/chunks/c.html")),
        ),
        (GOAL,),
    ),
    case(
        "F14",
        "ODT, spans in both directions below header rows",
        lambda: odf(
            '<table:table><table:table-header-rows><table:table-row><table:table-cell><text:p>A</text:p></table:table-cell><table:table-cell table:number-columns-spanned="2"><text:p>B</text:p></table:table-cell><table:covered-table-cell/></table:table-row></table:table-header-rows><table:table-row><table:table-cell table:number-rows-spanned="2"><text:p>x</text:p></table:table-cell><table:table-cell><text:p>1</text:p></table:table-cell><table:table-cell table:number-rows-spanned="2"><text:p>2</text:p></table:table-cell></table:table-row><table:table-row><table:covered-table-cell/><table:table-cell><text:p>3</text:p></table:table-cell><table:covered-table-cell/></table:table-row></table:table>'
        ),
        cells=(("A", "B", "B"), ("x", "1", "2"), ("x", "3", "2")),
    ),
    case(
        "F15",
        "PDF, a sticky note",
        lambda: raw_pdf(
            shown(RATE, 60, 700),
            objects={100: b"<< /Type /Annot /Subtype /Text /Contents (Falta la meta) /Rect [60 600 80 620] >>"},
            page=b"/Annots [100 0 R]",
        ),
        (RATE,),
        lacks=("Falta",),
    ),
    case(
        "F15",
        "RTF, an annotation with its author",
        lambda: rtf(
            r"\pard La meta{\*\atnid MP}{\*\atnauthor P\'e9rez}\chatn {\*\annotation{\*\atnref 1}\pard Falta la base.} es 35.\par"
        ),
        ("La meta es 35.",),
        lacks=("Falta", "Pérez", "MP"),
    ),
    case(
        "F16",
        "DOCX, a moved paragraph",
        lambda: docx(
            f'<w:moveFromRangeStart w:id="1"/><w:p><w:moveFrom w:id="2">{run("Texto.")}</w:moveFrom></w:p><w:moveFromRangeEnd w:id="1"/>'
            + p("Medio.")
            + f'<w:p><w:moveTo w:id="3">{run("Texto.")}</w:moveTo></w:p>'
        ),
        ("Medio. Texto.",),
        lacks=("Texto. Medio",),
    ),
]
