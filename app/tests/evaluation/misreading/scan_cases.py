# ruff: noqa: E501 - markup is easier to read on one line
"""Scans and fonts without letters, as several programs write them."""

from __future__ import annotations

import re
import zlib

import pikepdf
import pypdfium2
from reportlab.lib.pagesizes import letter
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from tests.evaluation.misreading.expected import Case, Expected
from tests.evaluation.misreading.pdf_drawn import LINES, drawn
from tests.evaluation.pdf.raw_pdfs import raw_pdf, shown, stream_object
from tests.evaluation.pdf.scans import picture, scan, set_in_vera

_SCANNED = Expected(tuple(LINES), words=0.9, flags=("pages-by-ocr",))


def _in_strips() -> bytes:
    image = picture(LINES * 3)
    wide, high = image.size
    strips = [image.crop((0, high * n // 8, wide, high * (n + 1) // 8)) for n in range(8)]

    def draw(canvas: Canvas) -> None:
        step = letter[1] / 8
        for number, strip in enumerate(strips):
            canvas.drawImage(ImageReader(strip), 0, letter[1] - step * (number + 1), letter[0], step)
        canvas.drawString(480, 770, "Folio 12")

    return drawn(draw)


def _as_mask() -> bytes:
    """A page of one bit, as fax machines and JBIG2 scanners write it, inside a form."""
    image = picture(LINES * 3).point(lambda value: 255 * (value > 128)).convert("1")
    data = zlib.compress(image.tobytes())
    size = b"/Width %d /Height %d" % image.size
    mask = stream_object(
        data, b"/Type /XObject /Subtype /Image /ImageMask true /BitsPerComponent 1 /Filter /FlateDecode " + size
    )
    form = stream_object(
        b"q 612 0 0 792 0 0 cm 0 g /Im Do Q",
        b"/Type /XObject /Subtype /Form /BBox [0 0 612 792] /Resources << /XObject << /Im 101 0 R >> >>",
    )
    return raw_pdf(
        b"/Fm Do " + shown("Folio 12", 480, 770),
        objects={100: form, 101: mask},
        resources=b"/XObject << /Fm 100 0 R >>",
    )


def _turned_columns(turn: int) -> bytes:
    left = [
        "El municipio reconoce que las",
        "víctimas del conflicto armado",
        "tienen derecho a la verdad y a",
        "la reparación integral, y por",
        "eso crea el programa Memoria.",
    ]
    right = [
        "La segunda columna habla de",
        "otro asunto: las tarifas del",
        "mercado público y el horario",
        "de los puestos de venta en",
        "la plaza central del pueblo.",
    ]

    def draw(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 13)
        for number in range(30):
            canvas.drawString(50, 740 - 20 * number, left[number % 5])
            canvas.drawString(330, 740 - 20 * number, right[number % 5])

    with pypdfium2.PdfDocument(drawn(draw)) as source:
        image = source[0].render(scale=200 / 72, grayscale=True).to_pil().rotate(-turn, expand=True)
    size = letter[::-1] if turn in {90, 270} else letter
    return drawn(lambda canvas: canvas.drawImage(ImageReader(image), 0, 0, *size), size)


def _type3() -> bytes:
    """A Type 3 font without a table of characters, its glyphs named by numbers; one glyph is a ligature."""
    procedures = b" ".join(b"/g%d 110 0 R" % n for n in range(32, 127))
    names = b" ".join(b"/g%d" % n for n in range(32, 127))
    font = (
        b"<< /Type /Font /Subtype /Type3 /FontBBox [0 0 750 750] /FontMatrix [0.001 0 0 0.001 0 0] /FirstChar 32 /LastChar 126 /Widths ["
        + b"500 " * 95
        + b"] /CharProcs << "
        + procedures
        + b" >> /Encoding << /Type /Encoding /Differences [32 "
        + names
        + b"] >> >>"
    )
    glyph = stream_object(b"500 0 0 0 500 700 d1 50 0 400 600 re f")
    body = b"".join(shown("La tasa de mortalidad infantil fue de 12,4 por mil", 60, 700 - 20 * n) for n in range(8))
    return raw_pdf(body.replace(b"/F1", b"/T3"), objects={109: font, 110: glyph}, resources=b"/ZZ 0").replace(
        b"/F1 3 0 R", b"/T3 109 0 R"
    )


def _only_digits_unmapped(font: pikepdf.Dictionary) -> None:
    table = font.ToUnicode.read_bytes()
    for digit in b"0123456789":
        table = re.sub(rb"<[0-9A-Fa-f]{2}> <00%02X>\n" % digit, b"", table)
        table = table.replace(b"<%04X>" % digit, b"<0000>")
    font.ToUnicode.write(table)


def _private(font: pikepdf.Dictionary) -> None:
    font.ToUnicode.write(re.sub(rb"(?<=<)00([0-9A-Fa-f]{2})(?=>)", rb"F0\1", font.ToUnicode.read_bytes()))


def _all_blanks(font: pikepdf.Dictionary) -> None:
    font.ToUnicode.write(re.sub(rb"(?<=<)00([0-9A-Fa-f]{2})(?=>)", rb"0020", font.ToUnicode.read_bytes()))


CASES = [
    Case("F1", "a scan in strips under a stamp", _in_strips, _SCANNED),
    Case("F1", "a scan of one bit inside a form", _as_mask, _SCANNED),
    Case(
        "F1",
        "a scan under a long legal footer",
        lambda: scan(
            picture(LINES * 3),
            [
                (
                    40,
                    60 - 10 * n,
                    f"Este documento es copia fiel del original que reposa en el archivo central, folio {n} de 5.",
                )
                for n in range(5)
            ],
        ),
        _SCANNED,
    ),
    Case(
        "F20", "a font that maps its letters to private characters", lambda: set_in_vera(LINES * 2, _private), _SCANNED
    ),
    Case("F20", "a font that maps its letters to blanks", lambda: set_in_vera(LINES * 2, _all_blanks), _SCANNED),
    Case(
        "F20", "a font that does not name its digits", lambda: set_in_vera(LINES * 2, _only_digits_unmapped), _SCANNED
    ),
    Case("F20", "a Type 3 font with numbered glyphs", _type3, Expected(flags=("pages-garbled",))),
    *(
        Case(
            "F21",
            f"two columns, turned by {turn}°",
            lambda turn=turn: _turned_columns(turn),
            Expected(("programa Memoria.", "La segunda columna")),
        )
        for turn in (90, 180, 270)
    ),
]
