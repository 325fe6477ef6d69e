"""Pages as the PDF reader found them, before normalisation."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple

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


FONTS: Final = "fonts"
PICTURE: Final = "picture"


class Recognised(NamedTuple):
    """What text recognition found on a page's picture.

    Attributes:
        lines: texts with their places, points, on the page turned upright.
        height: of the page turned upright, points; 0 when nothing was looked at.
        rotation: by how many degrees, clockwise, the picture was turned.
    """

    lines: tuple[tuple[str, Box], ...]
    height: float = 0.0
    rotation: int = 0


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
        costly: why the page was not read, for one that would take too much time or memory; else empty.
        doubt: why ``text`` may not be what the page shows: ``FONTS`` that do not tell their letters, a ``PICTURE`` that
            covers the page; empty when nothing speaks against it.
    """

    number: int
    text: str = ""
    height: float = 0.0
    lines: list[RawLine] = field(default_factory=list)
    grids: list[Grid] = field(default_factory=list)
    failed: bool = False
    doubt: str = ""
    costly: str = ""
