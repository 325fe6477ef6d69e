"""How much a document may unfold to while it is read: a few kilobytes of markup can stand for gigabytes of cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn

from decalogo.errors import DocumentTooLargeError

MOST_ROWS = 200_000
MOST_CELLS = 500_000
MOST_PARAGRAPHS = 500_000
MOST_CHARACTERS = 40_000_000
"""Characters past which a document is refused: eighty times a long plan."""
MOST_ELEMENTS = 6_000_000
MOST_DEPTH = 1000


@dataclass(slots=True)
class Budget:
    """What one document has unfolded to so far; every method raises ``DocumentTooLargeError`` past its limit."""

    rows: int = 0
    cells: int = 0
    paragraphs: int = 0
    characters: int = 0
    elements: int = 0

    def add_row(self, times: int = 1) -> None:
        """Count rows of tables, empty ones included."""
        self.rows += times
        if self.rows > MOST_ROWS:
            refuse(f"over {MOST_ROWS:,} table rows")

    def add_cells(self, times: int = 1) -> None:
        """Count cells of tables, empty ones included."""
        self.cells += times
        if self.cells > MOST_CELLS:
            refuse(f"over {MOST_CELLS:,} table cells")

    def add_paragraph(self, characters: int) -> None:
        """Count a paragraph or the text of a cell."""
        self.paragraphs += 1
        self.characters += characters
        if self.paragraphs > MOST_PARAGRAPHS:
            refuse(f"over {MOST_PARAGRAPHS:,} paragraphs")
        if self.characters > MOST_CHARACTERS:
            refuse(f"over {MOST_CHARACTERS:,} characters")

    def add_elements(self, count: int) -> None:
        """Count elements of markup, once a part has been read or has too many."""
        self.elements += count
        if self.elements > MOST_ELEMENTS:
            refuse(f"over {MOST_ELEMENTS:,} elements of markup")


def refuse(what: str) -> NoReturn:
    """Raise ``DocumentTooLargeError``; ``what`` names what the document has too much of."""
    raise DocumentTooLargeError(f"The document holds {what}. Split it, or upload the relevant pages as PDF.")
