"""What a reader is told, and what it gives back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from decalogo.evaluation import progress
from decalogo.evaluation.documents.model import Flag, OcrOptions
from decalogo.evaluation.documents.parts import Parts
from decalogo.evaluation.documents.sheets import Sheet


@dataclass(frozen=True, slots=True)
class Limits:
    """How far a document is read.

    Attributes:
        max_pages: pages past which it is refused.
        stop: asked between pages; once it answers yes, the pages read so far are the document.
        ocr: what is done with pages without a text layer.
        parts: what others have read of the document, and when they should.
    """

    max_pages: int = 5000
    stop: Callable[[], bool] | None = None
    ocr: OcrOptions = field(default_factory=OcrOptions)
    parts: Parts = field(default_factory=Parts)

    def reached(self, pages: int) -> bool:
        """Tell whether to end before another page when ``pages`` were read; one page is always read."""
        progress.at("extract", pages + 1)
        return pages > 0 and self.stop is not None and self.stop()


@dataclass(slots=True)
class Reading:
    """A document as its reader leaves it.

    Attributes:
        media_type: what it is, judged from its content.
        sheets: its pages in order; the first of them where ``cut``.
        flags: what is wrong with it short of a failure.
        cut: whether ``Limits.stop`` ended the reading before the last page.
        unread_because: why pages without a text layer are left without text, as the end of a sentence.
        total: pages of the file, those not read included; ``None`` when only reading on would tell.
    """

    media_type: str
    sheets: list[Sheet]
    flags: list[Flag]
    cut: bool = False
    unread_because: str = ""
    total: int | None = None

    def partial_flag(self) -> Flag:
        """Return the flag that tells which pages were read; its ``pages`` are those that were not, where known."""
        read = len(self.sheets)
        pages = "page 1" if read == 1 else f"pages 1-{read}"
        if self.total is None:
            return Flag("partial", f"judged {pages} and not what follows: the time limit came")
        return Flag(
            "partial", f"judged {pages} of {self.total}: the time limit came", tuple(range(read + 1, self.total + 1))
        )
