# ruff: noqa: E501 - markup is easier to read on one line
"""PDFs, as several programs write them."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

import pikepdf

from tests.evaluation.formats.files import GOAL, RATE, docx, p, rows, xlsx
from tests.evaluation.misreading.expected import Case, Expected
from tests.evaluation.misreading.pdf_drawn import LINES
from tests.evaluation.pdf.containers import portfolio, xfa_form
from tests.evaluation.pdf.pdfs import lines_pdf
from tests.evaluation.pdf.raw_pdfs import raw_pdf, shown

_SEEN = "La tasa fue de 120 casos en 2019."
_OTHER = "Texto de un borrador: 99 aulas."


def changed(content: bytes, change: Callable[[pikepdf.Pdf], None]) -> bytes:
    """Return a PDF after a change of its objects."""
    with pikepdf.open(io.BytesIO(content)) as document:
        change(document)
        target = io.BytesIO()
        document.save(target)
    return target.getvalue()


def _scaled_marks() -> bytes:
    """Marks set by the text matrix, not by the font size, as Word's export does."""
    stream = b"BT /F1 1 Tf 11 0 0 11 60 700 Tm (es de 120) Tj 7 0 0 7 110.2 704 Tm (2) Tj 11 0 0 11 114.1 700 Tm ( casos contra las mujeres) Tj 7 0 0 7 236 704 Tm (1) Tj ET"
    return raw_pdf(stream)


def _marks_on_landscape() -> bytes:
    turned = (
        b"0 1 -1 0 612 0 cm\n" + shown("hay 4.512", 60, 400) + shown("12", 108.2, 404, 6) + shown(" personas", 116, 400)
    )
    return raw_pdf(turned + shown("Otra línea sin marcas.", 60, 380), page=b"/Rotate 90")


def _ligature_on_landscape() -> bytes:
    kerned = b"BT /F1 11 Tf 60 400 Td [(El fi)278( )0(nanciamiento es defi)278( )0(nido por ley.)]TJ ET"
    return raw_pdf(b"0 1 -1 0 612 0 cm\n" + kerned, page=b"/Rotate 90")


def _ligature_scaled() -> bytes:
    return raw_pdf(b"BT /F1 1 Tf 11 0 0 11 60 700 Tm [(El fi)278( )0(nanciamiento es defi)278( )0(nido por ley.)]TJ ET")


def _ligature_by_places() -> bytes:
    stream = b"BT /F1 11 Tf 60 700 Td (La insti ) Tj ET BT /F1 11 Tf 95 700 Td (tuci\xf3n educativa) Tj ET"
    return raw_pdf(stream)


# F3: what the page shows


def _boxes(rotation: int, media: bytes, crop: bytes, seen: tuple[float, float], other: tuple[float, float]) -> bytes:
    return raw_pdf(
        shown(_SEEN, *seen) + shown(_OTHER, *other),
        media_box=media,
        page=b"/CropBox " + crop + b" /Rotate %d" % rotation,
    )


def _crop_from_parent() -> bytes:
    def change(document: pikepdf.Pdf) -> None:
        document.Root.Pages.CropBox = pikepdf.Array([0, 400, 612, 792])

    return changed(raw_pdf(shown(_SEEN, 60, 700) + shown(_OTHER, 60, 100)), change)


# F18: forms


def _radio() -> bytes:
    objects = {
        100: b"<< /FT /Btn /Ff 32768 /T (zona) /V /rural /Kids [101 0 R 102 0 R] >>",
        101: b"<< /Type /Annot /Subtype /Widget /Parent 100 0 R /Rect [120 695 132 707] /AS /Off >>",
        102: b"<< /Type /Annot /Subtype /Widget /Parent 100 0 R /Rect [120 675 132 687] /AS /rural >>",
        103: b"<< /Type /Annot /Subtype /Widget /FT /Tx /Ff 16777216 /MaxLen 12 /T (c) /V (90) /Rect [160 635 300 655] >>",
        104: b"<< /Type /Annot /Subtype /Widget /FT /Ch /T (d) /V (2) /Opt [[(1) (Baja)] [(2) (Alta)]] /Rect [160 615 300 635] >>",
    }
    text = shown("Urbana", 60, 697) + shown("Rural", 60, 677) + shown("Meta:", 60, 640) + shown("Prioridad:", 60, 620)
    return raw_pdf(
        text, objects=objects, page=b"/Annots [101 0 R 102 0 R 103 0 R 104 0 R]",
        catalog=b"/AcroForm << /Fields [100 0 R 103 0 R 104 0 R] >>",
    )  # fmt: skip


def _turned_form() -> bytes:
    objects = {100: b"<< /Type /Annot /Subtype /Widget /FT /Tx /T (m) /V (35 aulas nuevas) /Rect [192 160 212 360] >>"}
    turned = b"q 0 1 -1 0 612 0 cm\n" + shown("Meta:", 100, 405) + shown("Sigue el texto.", 100, 300) + b"Q"
    return raw_pdf(
        turned, objects=objects, page=b"/Rotate 90 /Annots [100 0 R]", catalog=b"/AcroForm << /Fields [100 0 R] >>"
    )


def _rich_note() -> bytes:
    rich = b'(<?xml version="1.0"?><body xmlns="http://www.w3.org/1999/xhtml"><p>Escrito a mano: <b>12</b> casos</p></body>)'
    objects = {100: b"<< /Type /Annot /Subtype /FreeText /Rect [60 640 400 660] /RC " + rich + b" >>"}
    return raw_pdf(shown("Antes.", 60, 700) + shown("Luego.", 60, 600), objects=objects, page=b"/Annots [100 0 R]")


# F25: layers


def _layers(marked: bytes, view: bytes = b"/OFF [100 0 R]", more: dict[int, bytes] | None = None) -> bytes:
    groups = {
        100: b"<< /Type /OCG /Name (borrador) >>",
        101: b"<< /Type /OCG /Name (visible) >>",
        102: b"<< /Type /OCMD /VE [/And 101 0 R [/Not 100 0 R]] >>",
        103: b"<< /Type /OCMD /OCGs 100 0 R /P /AnyOn >>",
        104: b"<< /Type /OCMD /VE [/Or 100 0 R [/Not 101 0 R]] >>",
    }
    properties = b"/Properties << /off 100 0 R /on 101 0 R /and 102 0 R /any 103 0 R /or 104 0 R >>"
    catalog = b"/OCProperties << /OCGs [100 0 R 101 0 R] /D << " + view + b" >> >>"
    return raw_pdf(shown(_SEEN, 60, 700) + marked, catalog=catalog, resources=properties, objects=groups | (more or {}))


def _nested_layers() -> bytes:
    hidden = shown(_OTHER, 60, 500)
    marked = (
        b"/OC /on BDC /Span << /Lang (es) >> BDC /OC /any BDC /P BMC " + hidden + b" EMC " + hidden + b" EMC EMC "
        + shown("Queda uno.", 60, 450) + b" EMC /OC /or BDC " + hidden + b" EMC /OC /and BDC "
        + shown("Queda dos.", 60, 400) + b" EMC " + shown("Queda tres.", 60, 350)
    )  # fmt: skip
    return _layers(marked)


def _layer_of_note() -> bytes:
    note = b"<< /Type /Annot /Subtype /FreeText /Contents (Texto de un borrador: 99 aulas.) /Rect [60 640 400 660] /OC 100 0 R >>"
    content = _layers(shown("Queda.", 60, 400), more={110: note})
    return content.replace(b"/Resources <<", b"/Annots [110 0 R] /Resources <<", 1)


# F26, F29: files


def _with_appended_signature() -> bytes:
    return lines_pdf([LINES]) + b"\n%%EOF\n\r\n\0\0" + b"-----BEGIN SIGNATURE-----\n" + b"A" * 300


def _saved_twice() -> bytes:
    """A file with an incremental update whose last end mark is cut off."""
    content = lines_pdf([LINES])
    start = int(content[content.rindex(b"startxref") :].split()[1])
    size = int(re.search(rb"/Size (\d+)", content)[1])  # type: ignore[index]
    root = re.search(rb"/Root (\d+ 0 R)", content)[1]  # type: ignore[index]
    at = len(content)
    return content + (
        b"xref\n0 0\ntrailer\n<< /Size %d /Root " % size + root + b" /Prev %d >>\nstartxref\n%d\n" % (start, at)
    )


_TITLES = [
    "Secretaría Planeación municipal",
    "Construcción vivienda rural",
    "Meta Indicador Presupuesto 2024 Línea base",
] * 12
_OFFICES = [*_TITLES, *["Dirección de Cultura, programa de vivienda"] * 3]
_BROKEN = [
    "el Plan -PDM-",
    "define la zona A-",
    "B con la ONU-",
    "Mujeres; lo público y las privadas: plan público-",
    "privado.",
]


def _preamble(text: bytes) -> bytes:
    return text + lines_pdf([LINES])


_READ = Expected(tuple(LINES))

CASES = [
    Case(
        "F2",
        "marks scaled by the text matrix",
        _scaled_marks,
        Expected(("es de 120 [2] casos contra las mujeres [1]",)),
    ),
    Case("F2", "marks of two digits on a landscape page", _marks_on_landscape, Expected(("hay 4.512 [12] personas",))),
    Case(
        "F3",
        "a crop box in an offset page that is turned",
        lambda: _boxes(90, b"[100 -200 712 592]", b"[120 200 600 580]", (200, 500), (200, 0)),
        Expected((_SEEN,), (_OTHER,)),
    ),
    Case("F3", "a crop box that its parent gives", _crop_from_parent, Expected((_SEEN,), (_OTHER,))),
    Case(
        "F3",
        "a crop box larger than the page",
        lambda: _boxes(0, b"[0 0 612 792]", b"[-100 -100 900 1200]", (60, 700), (60, 900)),
        Expected((_SEEN,), (_OTHER,)),
    ),
    Case(
        "F18",
        "radio buttons, combs and choices",
        _radio,
        Expected(("Rural X", "Meta: 90", "Prioridad: Alta"), ("Urbana X",)),
    ),
    Case(
        "F18", "a value on a page that is turned", _turned_form, Expected(("Meta: 35 aulas nuevas", "Sigue el texto."))
    ),
    Case(
        "F18",
        "a note with formatted text alone",
        _rich_note,
        Expected(("Antes.", "Escrito a mano: 12 casos", "Luego.")),
    ),
    Case(
        "F19",
        "a portfolio of a PDF, a workbook, a Word file and a text",
        lambda: portfolio(
            {
                "1.pdf": lines_pdf([[RATE]]),
                "2.xlsx": xlsx(rows(("Indicador", "Meta"), ("Aulas", 35), ("Cupos", 90))),
                "3.docx": docx(p(GOAL)),
                "<1>4.txt": "Cuarto: niñez.".encode("cp1252"),
            }
        ),
        Expected((RATE, "Aulas", "35", GOAL, "Cuarto: niñez."), ("cartera",)),
    ),
    Case(
        "F19",
        "an XFA form with the notice of older programs",
        lambda: xfa_form("To view the full contents of this document, you need a later version of the PDF viewer."),
        Expected(refused="XFA"),
    ),
    Case(
        "F25",
        "nested sequences, membership and expressions",
        _nested_layers,
        Expected((_SEEN, "Queda uno.", "Queda dos.", "Queda tres."), (_OTHER,)),
    ),
    Case("F25", "a note on a hidden layer", _layer_of_note, Expected((_SEEN, "Queda."), (_OTHER,))),
    Case("F26", "a signature appended behind the end", _with_appended_signature, _READ),
    Case("F26", "an update whose end mark is cut off", _saved_twice, _READ),
    Case("F26", "labels without articles", lambda: lines_pdf([_OFFICES]), Expected(tuple(_OFFICES[:3]))),
    Case(
        "F27",
        "dashes that part names and compounds",
        lambda: lines_pdf([_BROKEN]),
        Expected(
            ("el Plan -PDM- define la zona A-B con la ONU-Mujeres; lo público y las privadas: plan público-privado.",)
        ),
    ),
    Case(
        "F27",
        "dashes at line ends",
        lambda: lines_pdf(
            [
                [
                    "La meta -",
                    "que es de 35 aulas - se cumple en el periodo 2024-",
                    "2027 con la ruta Bogotá –",
                    "Medellín y la relación costo-",
                    "beneficio del pro-",
                    "grama, con más benefi-",
                    "cio.",
                ]
            ]
        ),
        Expected(
            (
                "La meta - que es de 35 aulas - se cumple en el periodo 2024- 2027 con la ruta Bogotá – Medellín",
                "programa, con más beneficio.",
            )
        ),
    ),
    Case(
        "F28",
        "a ligature on a landscape page",
        _ligature_on_landscape,
        Expected(("El financiamiento es definido por ley.",)),
    ),
    Case(
        "F28",
        "a ligature scaled by the text matrix",
        _ligature_scaled,
        Expected(("El financiamiento es definido por ley.",)),
    ),
    Case("F28", "a ligature in two texts", _ligature_by_places, Expected(("La institución educativa",))),
    Case("F29", "a PostScript header", lambda: b"%!PS-Adobe-3.0 PDF-1.4\n" + lines_pdf([LINES]), _READ),
    Case(
        "F29",
        "a header in the PostScript form alone",
        lambda: b"%!PS-Adobe-3.0 PDF-1.4\n" + lines_pdf([LINES])[9:],
        _READ,
    ),
    Case(
        "F29",
        "warnings of a server before the header",
        lambda: _preamble(b"<br />\n<b>Warning</b>: readfile() in <b>/var/www/x.php</b> on line <b>12</b><br />\n" * 3),
        _READ,
    ),
    Case("F29", "blanks and a mark before the header", lambda: _preamble(b"\xef\xbb\xbf\r\n\r\n"), _READ),
]
