# ruff: noqa: E501 - markup is easier to read on one line
"""Further inputs of mail, web pages and other texts, one per program or habit."""

from __future__ import annotations

from tests.evaluation.formats.files import GOAL, RATE, W, docx, odf, relationships, rows, run, xlsx
from tests.evaluation.misreading.expected import case
from tests.evaluation.misreading.office_cases import rtf, t
from tests.evaluation.misreading.text_cases import HEAD, HTML, html, multi, part
from tests.evaluation.pdf.pdfs import lines_pdf

_SHOWN = run("Visible.", '<w:vanish w:val="0"/>')


CASES = [
    case(
        "F7",
        "a PDF inside related inside alternative",
        lambda: (
            HEAD
            + multi(
                "alternative",
                part("text/plain; charset=utf-8", "Ver adjunto."),
                multi(
                    "related",
                    part("text/html; charset=utf-8", HTML),
                    part(
                        "application/pdf",
                        lines_pdf([[GOAL]]),
                        "Content-Disposition: inline; filename=p.pdf",
                        "Content-ID: <x@y>",
                    ),
                    boundary="r",
                ),
            )
        ).encode(),
        (GOAL,),
    ),
    case(
        "F7",
        "an empty text and an attachment without a type",
        lambda: (
            HEAD
            + multi(
                "mixed",
                part("text/plain; charset=utf-8", ""),
                part(
                    "application/octet-stream", lines_pdf([[GOAL]]), 'Content-Disposition: attachment; filename="plan"'
                ),
            )
        ).encode(),
        (GOAL,),
    ),
    case(
        "F7",
        "a signed message",
        lambda: (
            HEAD
            + multi(
                "signed",
                multi(
                    "mixed",
                    part("text/plain; charset=utf-8", RATE),
                    part("application/pdf", lines_pdf([[GOAL]])),
                    boundary="m",
                ),
                part("application/pkcs7-signature", b"xx"),
            )
        ).encode(),
        (RATE, GOAL),
    ),
    case(
        "F7",
        "an enriched form beside HTML",
        lambda: (
            HEAD + multi("alternative", part("text/enriched", "<bold>x</bold>"), part("text/html; charset=utf-8", HTML))
        ).encode(),
        (RATE,),
        lacks=("bold",),
    ),
    case(
        "F9",
        "messages without an empty line between them",
        lambda: (
            f"From a@b.c Mon Feb  5 10:00:00 2024\n{HEAD}\nUno.\nFrom a@b.c Tue Feb  6 10:00:00 2024\n{HEAD}\nDos.\n"
        ).encode(),
        ("Uno.", "Dos."),
        pages=2,
    ),
    case(
        "F9",
        "a mailbox after an empty line",
        lambda: (
            f"\nFrom a@b.c Mon Feb  5 10:00:00 2024\n{HEAD}\nUno.\n\nFrom a@b.c Tue Feb  6 10:00:00 2024\n{HEAD}\nDos.\n"
        ).encode(),
        ("Uno.", "Dos."),
        lacks=("Subject",),
        pages=2,
    ),
    case(
        "F10",
        "a page with a frame",
        lambda: (
            "MIME-Version: 1.0\n"
            + multi(
                "related",
                part(
                    "text/html; charset=utf-8",
                    f'<html><body><iframe src="cid:f"></iframe><p>{RATE}</p></body></html>',
                ),
                part("text/html; charset=utf-8", f"<html><body><p>{GOAL}</p></body></html>", "Content-ID: <f>"),
                part("application/x-javascript", "var x=1"),
            )
        ).encode(),
        (RATE, GOAL),
        lacks=("var",),
    ),
    case(
        "F10",
        "a page in UTF-16 by Internet Explorer",
        lambda: (
            "MIME-Version: 1.0\n" + multi("related", part('text/html; charset="unicode"', HTML.encode("utf-16")))
        ).encode(),
        (RATE,),
        pages=1,
    ),
    case(
        "F11",
        "HTML in KOI8-R",
        lambda: '<html><head><meta charset="koi8-r"></head><body><p>Привет 35</p></body></html>'.encode("koi8-r"),
        ("Привет 35",),
    ),
    case(
        "F11",
        "HTML, a charset in a comment",
        lambda: (
            "<html><head><!-- <meta charset='utf-8'> --><meta charset=\"iso-8859-15\"></head><body><p>Costó 35 € más</p></body></html>".encode(
                "iso-8859-15"
            )
        ),
        ("Costó 35 € más",),
    ),
    case(
        "F11",
        "RTF of old Macs",
        lambda: rb"{\rtf1\mac\deff0{\fonttbl{\f0\fnil\fcharset0 Arial;}}\pard Educaci\'97n\par}",
        ("Educación",),
    ),
    case(
        "F11",
        "Word 2003 XML in Latin-1",
        lambda: (
            '<?xml version="1.0" encoding="ISO-8859-1"?><w:wordDocument xmlns:w="http://schemas.microsoft.com/office/word/2003/wordml"><w:body><w:p><w:r><w:t>Educación: niñez</w:t></w:r></w:p></w:body></w:wordDocument>'
        ).encode("latin1"),
        ("Educación: niñez",),
    ),
    case(
        "F11",
        "Word 2003 XML in Windows-1252",
        lambda: (
            '<?xml version="1.0" encoding="windows-1252"?><w:wordDocument xmlns:w="http://schemas.microsoft.com/office/word/2003/wordml"><w:body><w:p><w:r><w:t>Educación – niñez</w:t></w:r></w:p></w:body></w:wordDocument>'
        ).encode("cp1252"),
        ("Educación – niñez",),
    ),
    case(
        "F12",
        "HTML, a title that is never closed",
        lambda: (f"<HTML><HEAD><TITLE>Plan<BODY><H1>Metas</H1><P>{RATE}<P>{GOAL}").encode(),
        (RATE, GOAL),
    ),
    case(
        "F12",
        "HTML fragment in UTF-16 without a mark",
        lambda: f"<div><p>{RATE}</p></div>".encode("utf-16-le"),
        (RATE,),
        lacks=("<",),
    ),
    case(
        "F12",
        "HTML fragment of a table",
        lambda: b"<table><tr><th>Programa<th>Meta<tr><td>Paz<td>35</table>",
        cells=(("Programa", "Meta"), ("Paz", "35")),
    ),
    case(
        "F12",
        "HTML fragment after a comment for old browsers",
        lambda: (
            f"<!--[if IE]><p>x</p><![endif]-->\n<header><p>Portal</p></header><main><p>{RATE}</p></main><footer>Pie</footer>"
        ).encode(),
        (RATE,),
    ),
    case(
        "F13",
        "Word 2003 XML without a declaration",
        lambda: (
            b"\xef\xbb\xbf"
            + (
                f'<?mso-application progid="Word.Document"?><w:wordDocument xmlns:w="http://schemas.microsoft.com/office/word/2003/wordml"><w:body><wx:sect xmlns:wx="http://schemas.microsoft.com/office/word/2003/auxHint"><wx:sub-section><w:p><w:r><w:t>{RATE}</w:t></w:r></w:p></wx:sub-section></wx:sect></w:body></w:wordDocument>'
            ).encode()
        ),
        (RATE,),
    ),
    case(
        "F13",
        "ODT template",
        lambda: odf(t(RATE), mimetype="application/vnd.oasis.opendocument.text-template"),
        (RATE,),
    ),
    case(
        "F17",
        "DOCX, hidden by the base of a style",
        lambda: docx(
            f'<w:p><w:pPr><w:pStyle w:val="O"/></w:pPr>{run("Oculto.")}{_SHOWN}</w:p>',
            {
                "word/styles.xml": f'<w:styles xmlns:w="{W}"><w:style w:styleId="B"><w:rPr><w:vanish/></w:rPr></w:style><w:style w:styleId="O"><w:basedOn w:val="B"/></w:style></w:styles>'
            },
            relationships(("s", "styles", "styles.xml")),
        ),
        ("Visible.",),
        lacks=("Oculto",),
    ),
    case(
        "F17",
        "ODT, hidden paragraphs and texts",
        lambda: odf(
            '<text:p>Uno <text:hidden-text text:condition="x" text:string-value="Oculto" text:is-hidden="true"/>dos.</text:p><text:p><text:hidden-paragraph text:condition="x" text:is-hidden="true"/>Oculto.</text:p><text:p>Fin.</text:p>'
        ),
        ("Uno dos.", "Fin."),
        lacks=("Oculto",),
    ),
    case(
        "F17",
        "HTML, templates and closed dialogs",
        lambda: html(
            f'<noscript>Oculto</noscript><template><p>Oculto</p></template><dialog><p>Oculto</p></dialog><p>{RATE}</p><p style="visibility:collapse">Oculto</p><input type=hidden value=Oculto>'
        ),
        (RATE,),
        lacks=("Oculto",),
    ),
    case(
        "F17",
        "XLSX, a hidden column",
        lambda: xlsx('<cols><col min="2" max="2" hidden="1"/></cols>' + rows(("A", "Oculto", "C"), (1, 2, 3))),
        ("A", "C"),
        lacks=("Oculto",),
    ),
    case(
        "F17",
        "RTF, a deleted paragraph mark",
        lambda: rtf(r"\pard Uno.{\deleted\par Oculto.}\par Dos.\par"),
        ("Uno.", "Dos."),
        lacks=("Oculto",),
    ),
]
