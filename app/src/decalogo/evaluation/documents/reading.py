"""The input and output of every reader: limits, and the pages it read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from decalogo.evaluation import progress
from decalogo.evaluation.documents.model import Flag, OcrOptions
from decalogo.evaluation.documents.parts import Parts
from decalogo.evaluation.documents.sheets import Sheet


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits and options of reading one document.

    Attributes:
        max_pages: maximum number of pages; a longer document is rejected.
        stop: called between pages. Once it returns true, the pages read so far become the document.
        ocr: text recognition of pages without a text layer.
        parts: pages that other processes read, and when to ask for more.
        decimal: sign before decimals, for files that hold numbers without their written form.
        thousands: sign between groups of three digits, for the same files.
    """

    max_pages: int = 5000
    stop: Callable[[], bool] | None = None
    ocr: OcrOptions = field(default_factory=OcrOptions)
    parts: Parts = field(default_factory=Parts)
    decimal: str = ","
    thousands: str = "."

    def reached(self, pages: int) -> bool:
        """Return whether to stop after ``pages`` pages. At least one page is always read."""
        progress.at("extract", pages + 1)
        return pages > 0 and self.stop is not None and self.stop()


@dataclass(slots=True)
class Reading:
    """A document as its reader returns it.

    Attributes:
        media_type: media type, detected from the content.
        sheets: pages in order; if ``cut``, only the first ones.
        flags: problems that are no failure.
        cut: whether ``Limits.stop`` ended the reading before the last page.
        unread_because: why pages without a text layer have no text, as the end of a sentence.
        total: number of pages of the file, including unread ones; ``None`` if unknown.
    """

    media_type: str
    sheets: list[Sheet]
    flags: list[Flag]
    cut: bool = False
    unread_because: str = ""
    total: int | None = None

    def append(self, part: Reading) -> None:
        """Append the pages and flags of a part of the document; its pages are numbered on."""
        shift = len(self.sheets)
        for sheet in part.sheets:
            sheet.number += shift
            self.sheets.append(sheet)
        for flag in part.flags:
            if flag.code == "pages-synthetic" and any(known.code == flag.code for known in self.flags):
                continue
            self.flags.append(Flag(flag.code, flag.detail, tuple(page + shift for page in flag.pages)))
        self.cut = part.cut
        self.unread_because = part.unread_because or self.unread_because

    def partial_flag(self) -> Flag:
        """Return the flag ``partial``. It names the pages that were read; its ``pages`` are the unread ones."""
        read = len(self.sheets)
        pages, verb = ("page 1", "was") if read == 1 else (f"pages 1-{read}", "were")
        if self.total is None:
            return Flag("partial", f"The time limit ended the reading: only {pages} {verb} evaluated.")
        return Flag(
            "partial",
            f"The time limit ended the reading: only {pages} of {self.total} {verb} evaluated.",
            tuple(range(read + 1, self.total + 1)),
        )
