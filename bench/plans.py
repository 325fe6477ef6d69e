"""Generate plans of any length from the words of a real one. Equal numbers of pages give equal bytes.

    python bench/plans.py PAGES FILE

Pages have headings, paragraphs and list items from the passages of the real plan in a seeded order, a running header
and a page number. Every fourth page has a ruled table of products with costs, targets and responsible bodies.
"""

from __future__ import annotations

import random
import sys
from functools import lru_cache
from pathlib import Path

from reportlab.lib.pagesizes import letter
from reportlab.lib.utils import simpleSplit
from reportlab.pdfgen.canvas import Canvas

REAL_PLAN = Path(__file__).parents[1] / "app/tests/data/florencia-2020-2023.pdf"
_TOP, _BOTTOM, _LEFT, _WIDTH = 730.0, 60.0, 60.0, 490.0
_TABLE_EVERY = 4
_ROWS = 12
_COLUMNS = (
    ("Programa", 90), ("Producto", 150), ("Unidad", 50), ("Línea base", 50), ("Meta", 45), ("Costo", 65),
    ("Responsable", 80),
)  # fmt: skip


@lru_cache(maxsize=1)
def _material() -> tuple[list[str], list[str], list[str]]:
    """Return headings, paragraphs and table cells of the real plan."""
    from decalogo.evaluation.documents.model import OcrOptions, PassageKind
    from decalogo.evaluation.extract import extract

    plan = extract(REAL_PLAN, ocr=OcrOptions(mode="never"))
    found: dict[PassageKind, list[str]] = {kind: [] for kind in PassageKind}
    for passage in plan.passages:
        text = " ".join(plan.pages[passage.page - 1].text[passage.start : passage.end].split())
        found[passage.kind].append(text.encode("cp1252", errors="ignore").decode("cp1252"))
    cells = [cell.text for table in plan.tables for row in table.rows for cell in row.cells if 20 < len(cell.text) < 90]
    return found[PassageKind.HEADING], found[PassageKind.PROSE] + found[PassageKind.LIST], cells


def make_plan(pages: int, path: Path) -> Path:
    """Write a plan of ``pages`` pages and return its path."""
    headings, paragraphs, cells = _material()
    chance = random.Random(pages)
    canvas = Canvas(str(path), pagesize=letter, invariant=1, pageCompression=1)
    left_over: list[str] = []
    for number in range(1, pages + 1):
        canvas.setFont("Helvetica", 7)
        canvas.drawString(_LEFT, 765, "Plan de Desarrollo Municipal 2024-2027: un municipio para todos")
        canvas.drawString(540, 30, str(number))
        y = _TOP
        if number % _TABLE_EVERY == 0:
            y = _draw_table(canvas, y, cells, chance)
        while y > _BOTTOM:
            if not left_over:
                if chance.random() < 0.12:
                    canvas.setFont("Helvetica-Bold", 13)
                    canvas.drawString(_LEFT, y - 8, chance.choice(headings)[:60])
                    y -= 26
                left_over = simpleSplit(chance.choice(paragraphs), "Helvetica", 10, _WIDTH)
            canvas.setFont("Helvetica", 10)
            while left_over and y > _BOTTOM:
                canvas.drawString(_LEFT, y, left_over.pop(0))
                y -= 13
            y -= 7
        canvas.showPage()
    canvas.save()
    return path


def _draw_table(canvas: Canvas, y: float, cells: list[str], chance: random.Random) -> float:
    canvas.setFont("Helvetica", 7)
    rows = [[title for title, _ in _COLUMNS]]
    for _ in range(_ROWS):
        base = chance.randrange(5, 4000)
        target = f"{base + chance.randrange(1, 900):,}".replace(",", ".")
        cost = f"$ {chance.randrange(10, 900)}.000.000"
        rows.append([chance.choice(cells)[:40], chance.choice(cells), "Número", str(base), target, cost, "Secretaría"])
    for row in rows:
        x, lines = _LEFT, []
        for text, (_, width) in zip(row, _COLUMNS, strict=True):
            lines.append(simpleSplit(text, "Helvetica", 7, width - 6))
        high = 9 * max(map(len, lines)) + 4
        for parts, (_, width) in zip(lines, _COLUMNS, strict=True):
            canvas.rect(x, y - high, width, high)
            for line, part in enumerate(parts):
                canvas.drawString(x + 3, y - 9 - 9 * line, part)
            x += width
        y -= high
    return y - 16


if __name__ == "__main__":
    make_plan(int(sys.argv[1]), Path(sys.argv[2]))
