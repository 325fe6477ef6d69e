"""Documents to submit: the real plan, and small generated ones."""

from __future__ import annotations

import io

from reportlab.pdfgen.canvas import Canvas

from appliance import REPOSITORY

REAL_PLAN = REPOSITORY / "app/tests/data/florencia-2020-2023.pdf"

SENTENCES = (
    "En el año {year} se registraron {n} casos de violencia de género según la Secretaría de Salud.",
    "El programa de igualdad de género tendrá un presupuesto de ${n}.000.000 en el cuatrienio.",
    "Meta de producto: {n} mujeres rurales beneficiadas con proyectos de autonomía económica.",
    "La comisaría de familia será responsable del seguimiento trimestral del indicador.",
)


def small_text(number: int) -> bytes:
    """Return a page of Spanish text, different for every number."""
    return "\n".join(line.format(year=2016 + number % 4, n=10 + number) for line in SENTENCES).encode()


def small_pdf(number: int) -> bytes:
    """Return the same text as a PDF with one page."""
    memory = io.BytesIO()
    canvas = Canvas(memory, invariant=True)
    for row, line in enumerate(small_text(number).decode().splitlines()):
        canvas.drawString(50, 780 - 16 * row, line)
    canvas.save()
    return memory.getvalue()


def small_documents(count: int) -> list[tuple[str, bytes]]:
    """Return names and contents, alternately PDF and text."""
    return [(f"plan-{n}.pdf", small_pdf(n)) if n % 2 else (f"plan-{n}.txt", small_text(n)) for n in range(1, count + 1)]


def scanned_pdf() -> bytes:
    """Return a PDF whose one page has a drawing and no text."""
    memory = io.BytesIO()
    canvas = Canvas(memory)
    canvas.rect(50, 50, 300, 300, fill=1)
    canvas.save()
    return memory.getvalue()


def encrypted_pdf() -> bytes:
    """Return a PDF that opens only with a password."""
    memory = io.BytesIO()
    canvas = Canvas(memory, encrypt="secret")
    canvas.drawString(50, 700, "cifrado")
    canvas.save()
    return memory.getvalue()
