"""Pages that are pictures, and pages in fonts that are not what they seem."""

from __future__ import annotations

import io

import pikepdf
import pypdfium2
import reportlab
from PIL import Image
from reportlab.lib.pagesizes import letter
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from tests.evaluation.pdf.pdfs import lines_pdf


def picture(lines, *, turn: int = 0) -> Image.Image:
    with pypdfium2.PdfDocument(lines_pdf([lines], font_size=12)) as source:
        return source[0].render(scale=200 / 72, grayscale=True).to_pil().rotate(-turn, expand=True)


def scan(image, over=(), *, place=(0, 0, *letter), mode=0) -> bytes:
    """Return a page that is an image, with lines of text over it at given places."""
    target = io.BytesIO()
    canvas = Canvas(target, pagesize=letter, invariant=1)
    canvas.drawImage(ImageReader(image), *place)
    for x, y, line in over:
        text = canvas.beginText(x, y)
        text.setFont("Helvetica", 9)
        text.setTextRenderMode(mode)
        text.textOut(line)
        canvas.drawText(text)
    canvas.showPage()
    canvas.save()
    return target.getvalue()


def set_in_vera(lines, change) -> bytes:
    """Return lines in an embedded font whose dictionaries ``change`` alters."""
    pdfmetrics.registerFont(TTFont("Vera", f"{reportlab.__path__[0]}/fonts/Vera.ttf"))
    target = io.BytesIO()
    canvas = Canvas(target, pagesize=letter, invariant=1)
    for number, line in enumerate(lines):
        canvas.setFont("Vera", 11)
        canvas.drawString(40, 740 - 18 * number, line)
    canvas.showPage()
    canvas.save()
    with pikepdf.open(target) as document:
        for item in document.objects:
            if isinstance(item, pikepdf.Dictionary) and "/ToUnicode" in item:
                change(item)
        written = io.BytesIO()
        document.save(written)
    return written.getvalue()
