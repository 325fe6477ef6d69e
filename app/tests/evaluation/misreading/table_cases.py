"""Tables that are turned, or whose rules are missing."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from reportlab.pdfgen.canvas import Canvas

from tests.evaluation.misreading.expected import Case, Expected
from tests.evaluation.misreading.pdf_drawn import drawn

TABLE = (
    ("Programa", "Indicador", "Línea base", "Meta 2027", "Presupuesto"),
    ("Educación rural", "Aulas nuevas", "12", "35", "$ 1.200.000.000"),
    ("Salud materna", "Partos atendidos", "71 %", "92 %", "$ 840.000.000"),
    ("Vivienda", "Títulos entregados", "0", "150", "$ 90.000.000"),
)
LEFTS = (60, 165, 275, 345, 430)
_RIGHT = Expected(cells=TABLE)
_NARROW = Expected(cells=tuple(row[:4] for row in TABLE))


def _aligned(canvas: Canvas, table: Sequence[Sequence[str]] = TABLE, top: float = 600, pitch: float = 16) -> None:
    for number, texts in enumerate(table):
        for left, text in zip(LEFTS, texts, strict=True):
            canvas.drawString(left, top - pitch * number, text)


def _horizontal_bars(canvas: Canvas) -> None:
    """Stripes instead of rules."""
    for number in range(len(TABLE)):
        canvas.setFillGray(0.9 if number % 2 else 1)
        canvas.rect(55, 595 - 16 * number, 480, 16, stroke=0, fill=1)
    canvas.setFillGray(0)
    _aligned(canvas)


def _vertical_rules(canvas: Canvas) -> None:
    for x in (*(left - 5 for left in LEFTS), 535):
        canvas.line(x, 545, x, 615)
    _aligned(canvas)


def _framed(canvas: Canvas) -> None:
    canvas.rect(55, 545, 480, 70)
    canvas.line(55, 595, 535, 595)
    _aligned(canvas)


def _grid(canvas: Canvas) -> None:
    canvas.grid([*(left - 5 for left in LEFTS), 535], [615 - 16 * number for number in range(len(TABLE) + 1)])
    _aligned(canvas, top=603)


def _sideways(angle: float, body: Callable[[Canvas], None]) -> Callable[[Canvas], None]:
    def draw(canvas: Canvas) -> None:
        canvas.translate(306, 396)
        canvas.rotate(angle)
        canvas.translate(-300, -580)
        body(canvas)

    return draw


def _headed(canvas: Canvas) -> None:
    canvas.drawString(60, 760, "PLAN PLURIANUAL DE INVERSIONES")
    _sideways(270, _framed)(canvas)


def _noted(canvas: Canvas) -> None:
    canvas.grid([100, 200, 310, 380, 450], [615 - 18 * number for number in range(len(TABLE) + 1)])
    for number, texts in enumerate(TABLE):
        y = 602 - 18 * number
        canvas.drawString(30, y, f"Cuadro {number}")
        canvas.drawString(465, y, "meta cumplida en parte")
        for left, text in zip((103, 203, 313, 383), texts, strict=False):
            canvas.drawString(left, y, text)


def _on_turned_page() -> bytes:
    def draw(canvas: Canvas) -> None:
        canvas.setPageRotation(90)
        canvas.rotate(90)
        canvas.translate(0, -612)
        canvas.setFont("Helvetica", 9)
        for number, texts in enumerate(TABLE):
            for left, text in zip(LEFTS, texts, strict=True):
                canvas.drawString(left, 400 - 16 * number, text)

    return drawn(draw)


CASES = [
    Case(
        "F22",
        "notes on both sides of a ruled table",
        lambda: drawn(_noted),
        Expected(cells=tuple(row[:4] for row in TABLE)),
    ),
    Case("F23", "a sideways table without rules", lambda: drawn(_sideways(90, _aligned)), _RIGHT),
    Case("F23", "a sideways table that is half-ruled, below an upright heading", lambda: drawn(_headed), _RIGHT),
    Case("F23", "a sideways table on a page that is shown upright", _on_turned_page, _RIGHT),
    Case("F23", "a table upside down with rules", lambda: drawn(_sideways(180, _grid)), _RIGHT),
    Case("F24", "stripes instead of rules", lambda: drawn(_horizontal_bars), _RIGHT),
    Case("F24", "vertical rules only", lambda: drawn(_vertical_rules), _RIGHT),
    Case("F24", "a frame and a rule below the header", lambda: drawn(_framed), _RIGHT),
]
