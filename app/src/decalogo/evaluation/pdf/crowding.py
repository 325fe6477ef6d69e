"""The cost of PDFium's text page, estimated from the text objects of a loaded page.

PDFium keeps the text objects of one line sorted from right to left, and looks for the place of each new one from the
left. A line that is drawn from right to left therefore costs the square of its objects.
"""

from __future__ import annotations

from decalogo.evaluation.pdf.pdfium import functions
from decalogo.evaluation.pdf.pictures import bounds_of, text_objects

CROWDED = 20_000
"""Objects of a page up to which no order of them matters: some three seconds at the worst."""
_MOST_STEPS = 2 * CROWDED * CROWDED // 4
_MOST_OBJECTS = 1_000_000


def is_too_crowded(page: int, *, forms: bool) -> bool:
    """Tell whether PDFium would sort the text of a loaded page for too long.

    Args:
        page: its PDFium handle.
        forms: whether forms on the page may hold many objects.
    """
    if not forms and functions().FPDFPage_CountObjects(page) <= CROWDED:
        return False
    steps = run = 0
    low = high = farthest = 0.0
    for item, matrix in text_objects(page, _MOST_OBJECTS):
        left, bottom, _, top = bounds_of(item, matrix)
        if not run or bottom > high or top < low:  # another line
            run, low, high, farthest = 1, bottom, top, left
            continue
        if left < farthest:
            steps += run
        run, farthest = run + 1, max(farthest, left)
        if steps > _MOST_STEPS:
            return True
    return False
