"""Small PDFs made for the tests; the same arguments always give the same bytes."""

from __future__ import annotations

import io
from collections.abc import Sequence

from reportlab.lib import colors
from reportlab.lib.pagesizes import letter
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

BODY = ParagraphStyle("body", fontName="Helvetica", fontSize=10, leading=13)
HEADING = ParagraphStyle("heading", fontName="Helvetica-Bold", fontSize=14, leading=18)
SENTENCE = "La tasa de violencia intrafamiliar fue de 120 casos por cada cien mil habitantes en el año 2019. "


def lines_pdf(pages: Sequence[Sequence[str]], *, password: str | None = None, font_size: float = 10) -> bytes:
    """Return a PDF with one text line below another."""
    buffer = io.BytesIO()
    encrypt = StandardEncryption(password, canPrint=0) if password else None
    canvas = Canvas(buffer, pagesize=letter, invariant=1, encrypt=encrypt)
    for lines in pages:
        y = 740.0
        for line in lines:
            canvas.setFont("Helvetica", font_size)
            canvas.drawString(60, y, line)
            y -= 1.3 * font_size
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def plan_pdf(flowables: Sequence[object], *, header: str = "", footer: str = "", numbered: bool = False) -> bytes:
    """Return a PDF laid out from flowables, with a header, a footer and page numbers on every page."""
    buffer = io.BytesIO()

    def furnish(canvas: Canvas, document: SimpleDocTemplate) -> None:
        canvas.setFont("Helvetica", 7)
        if header:
            canvas.drawString(60, 765, header)
        if footer:
            canvas.drawString(60, 30, footer)
        if numbered:
            canvas.drawString(540, 30, str(document.page))

    SimpleDocTemplate(buffer, pagesize=letter, invariant=1).build(
        list(flowables), onFirstPage=furnish, onLaterPages=furnish
    )
    return buffer.getvalue()


def paragraph(text: str) -> Paragraph:
    return Paragraph(text, BODY)


def heading(text: str) -> Paragraph:
    return Paragraph(text, HEADING)


def space() -> Spacer:
    return Spacer(1, 14)


def ruled_table(
    rows: Sequence[Sequence[str]], widths: Sequence[float], *, repeat: int = 1, extra: Sequence[object] = ()
):
    """Return a table with all its lines drawn; cells wrap."""
    cells = [[Paragraph(text, BODY) for text in row] for row in rows]
    style = [("GRID", (0, 0), (-1, -1), 0.5, colors.black), ("VALIGN", (0, 0), (-1, -1), "MIDDLE"), *extra]
    return Table(cells, colWidths=list(widths), repeatRows=repeat, style=TableStyle(style))


def blank_pdf(pages: int = 2) -> bytes:
    """Return a PDF whose pages hold a drawing and no text."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=letter, invariant=1)
    for _ in range(pages):
        canvas.rect(100, 100, 200, 200, fill=1)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def sideways_pdf(rotation: int) -> bytes:
    """Return a page with a sentence and a table, stored turned by ``rotation`` (0 or 90) and shown upright."""
    buffer = io.BytesIO()
    width, height = 700, 500
    canvas = Canvas(buffer, pagesize=(width, height), invariant=1)  # a turned page changes both over
    if rotation == 90:
        canvas.setPageRotation(90)
        canvas.rotate(90)
        canvas.translate(0, -height)
    canvas.drawString(60, 450, SENTENCE)
    table = ruled_table([["Programa", "Meta"], ["Mujer", "12"], ["Salud", "34"]], [120, 80])
    table.wrapOn(canvas, 400, 400)
    table.drawOn(canvas, 60, 300)
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()
