"""Pages as the PDF reader found them, before normalisation."""

from __future__ import annotations

from dataclasses import dataclass, field

from decalogo.evaluation.documents.sheets import Box, Grid


@dataclass(slots=True)
class RawLine:
    """One line of a page's raw text.

    Attributes:
        start: offset of its first visible character.
        end: offset after its last visible character.
        box: where it is on the page, points.
        size: font size as it appears on the page, points; 0 if unknown.
        bold: whether its first and last characters are bold.
        level: whether its first and last characters are at one height.
    """

    start: int
    end: int
    box: Box
    size: float
    bold: bool
    level: bool


@dataclass(slots=True)
class RawPage:
    """The content of one page. Coordinates are points with the origin at the top left of the page as it is read.

    Attributes:
        number: position in the document, from 1.
        text: text as PDFium returns it; lines end in CR LF.
        height: page height, points.
        lines: lines that are not blank.
        grids: tables drawn with ruling lines; their cells hold offsets in ``text``.
        failed: whether PDFium cannot load the page.
    """

    number: int
    text: str = ""
    height: float = 0.0
    lines: list[RawLine] = field(default_factory=list)
    grids: list[Grid] = field(default_factory=list)
    failed: bool = False
