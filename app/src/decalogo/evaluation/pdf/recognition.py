"""Pages that are read by their picture: which they are, and how what is found joins the text layer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from decalogo.evaluation import progress
from decalogo.evaluation.documents.model import Flag
from decalogo.evaluation.documents.raw_pages import FONTS, PICTURE, RawLine, RawPage, Recognised
from decalogo.evaluation.documents.reading import Limits
from decalogo.evaluation.documents.sheets import Box
from decalogo.evaluation.pdf import ocr

_LEAST_WORDS = 8
"""Words that a picture adds at least; fewer are logos and specks."""
_LEAST_GAIN = 0.5
"""Words that a picture adds at least, as a share of those in the text layer."""
_LEAST_LETTERS = 0.5
"""Letters that are found at least, as a share of those in a text layer that they replace."""
_URGENT = {"": 0, FONTS: 1, PICTURE: 2}
"""The order of pages where not all can be recognised: those without any text first."""


def is_doubtful(page: RawPage) -> bool:
    """Return whether the picture of a page may show more than its text layer."""
    return not (page.failed or page.costly) and bool(page.doubt or not page.text.strip())


def recognise(document: Any, content: bytes | Path, raw: Sequence[RawPage], limits: Limits, flags: list[Flag]) -> str:
    """Read pages by their picture where their text layer is missing or doubtful, and flag them.

    Args:
        document: the open PDFium document.
        content: the file as it was uploaded.
        raw: its pages; those that are recognised are changed.
        limits: what may be recognised, and until when.
        flags: where flags are added.

    Returns:
        Why pages without any text stay unread, as the end of a sentence; empty when nothing was tried.
    """
    pages = [page for page in raw if is_doubtful(page)]
    blank = {page.number for page in pages if not page.text.strip()}
    if not pages:
        return ""
    found, because = _found(document, content, pages, raw, limits, flags)
    done = [page for page in pages if (lines := found.get(page.number)) and _join(page, lines)]
    if done:
        detail = (
            f"{len(done)} of {len(raw)} pages have no text layer, or one that does not hold what they show. "
            "Their text was recognised and may contain errors."
        )
        flags.append(Flag("pages-by-ocr", detail, tuple(page.number for page in done)))
    left = [page for page in pages if page not in done and page.number not in blank]
    reason = f" ({because})" if because else ""
    garbled = tuple(page.number for page in left if page.doubt == FONTS)
    if garbled:
        detail = f"{len(garbled)} of {len(raw)} pages use fonts that do not name all letters. Their text may be wrong"
        flags.append(Flag("pages-garbled", f"{detail}{reason}.", garbled))
    unseen = [page.number for page in left if page.doubt == PICTURE and found.get(page.number) is None]
    pictures = tuple(number for number in unseen if _shows_print(document, number))
    if pictures:
        detail = f"{len(pictures)} of {len(raw)} pages are pictures with little text. What they show was not read"
        flags.append(Flag("pages-in-pictures", f"{detail}{reason}.", pictures))
    return because


def _shows_print(document: Any, number: int) -> bool:
    progress.at("recognise", number)
    return ocr.shows_print(document, number)


def _found(
    document: Any,
    content: bytes | Path,
    pages: Sequence[RawPage],
    raw: Sequence[RawPage],
    limits: Limits,
    flags: list[Flag],
) -> tuple[dict[int, Recognised | None], str]:
    """Return what was found on pages, and why some were not recognised."""
    if limits.ocr.mode == "never":
        return {}, ""
    if ocr.program(limits.ocr.language) is None:
        return {}, "text recognition is not installed"
    chosen = sorted(pages, key=lambda page: (_URGENT[page.doubt], page.number))[: limits.ocr.max_pages]
    wanted = {page.number: page.doubt for page in chosen}
    found = dict(limits.parts.known.recognised)
    cache = ocr.page_cache(content, limits.ocr)
    for number in wanted:
        if number not in found and (lines := cache.get(number)) is not None:
            found[number] = lines
    todo = {number: doubt for number, doubt in wanted.items() if number not in found}
    limits.parts.check_recognition([*todo], raw, limits.ocr)
    before = len(raw) - len(pages)
    seconds = limits.ocr.document_seconds
    found |= ocr.recognise_pages(
        document,
        todo,
        limits.ocr,
        cache,
        lambda index: limits.reached(before + index),
        seconds,
        ocr.cpu_seconds_for(content, limits.ocr, seconds),
    )
    if left := tuple(sorted(number for number in wanted if number not in found)):
        flags.append(
            Flag("partial", f"The time limit ended text recognition: {len(left)} scanned pages were not read.", left)
        )
    late = [number for number in wanted if number in found and found[number] is None]
    if len(pages) > limits.ocr.max_pages:
        return found, f"at most {limits.ocr.max_pages} pages are recognised (evaluation.ocr_max_pages)"
    return found, f"text recognition took too long on {len(late)} of them" if late else "no text was recognised"


def _join(page: RawPage, found: Recognised) -> bool:
    """Give a page what its picture shows; return whether that is more than its text layer holds."""
    if not found.lines:
        return False
    layer = page.text
    if page.doubt == FONTS and _letters(found) < _LEAST_LETTERS * sum(map(str.isalpha, layer)):
        return False
    if page.doubt == PICTURE and layer.strip():
        words = sum(len(text.split()) for text, _ in found.lines)
        if words < max(_LEAST_WORDS, _LEAST_GAIN * len(layer.split())):
            return False
        above, below = _around(page, found)
        _fill(page, [*above, *found.lines, *below])
        return True
    if found.height:
        page.height = found.height
    page.grids = []
    _fill(page, found.lines)
    return True


def _letters(found: Recognised) -> int:
    return sum(char.isalpha() for text, _ in found.lines for char in text)


def _around(page: RawPage, found: Recognised) -> tuple[list[tuple[str, Box]], list[tuple[str, Box]]]:
    """Return the lines of the text layer above the first recognised line, and the others."""
    first = min(box.top for _, box in found.lines)
    lines = [(page.text[line.start : line.end], line.box) for line in page.lines]
    return [one for one in lines if one[1].bottom <= first], [one for one in lines if one[1].bottom > first]


def _fill(page: RawPage, lines: Sequence[tuple[str, Box]]) -> None:
    """Make lines the text of a page."""
    page.text, page.lines, page.grids = "", [], []
    for text, box in lines:
        if page.text:
            page.text += "\r\n"
        start = len(page.text)
        page.text += text
        page.lines.append(RawLine(start, len(page.text), box, 0.0, False, True))
