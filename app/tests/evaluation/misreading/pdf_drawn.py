"""Lines and pages that the PDFs of several kinds share."""

from __future__ import annotations

import io
from collections.abc import Callable

from reportlab.lib.pagesizes import letter
from reportlab.pdfgen.canvas import Canvas

from tests.evaluation.formats.files import GOAL, RATE

LINES = [RATE, GOAL, "El programa de vivienda rural entrega 150 títulos.", "La línea base es de 90 casos."]


def drawn(draw: Callable[[Canvas], None], size: tuple[float, float] = letter) -> bytes:
    """Return a PDF of one page."""
    target = io.BytesIO()
    canvas = Canvas(target, pagesize=size, invariant=1)
    canvas.setFont("Helvetica", 10)
    draw(canvas)
    canvas.showPage()
    canvas.save()
    return target.getvalue()
