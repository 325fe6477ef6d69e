"""Read plain text: decode it and divide it into pages."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

from decalogo.errors import DocumentTooLargeError
from decalogo.evaluation.documents.detect import HEAD_BYTES, TEXT, looks_utf16
from decalogo.evaluation.documents.model import Flag
from decalogo.evaluation.documents.reading import Limits, Reading
from decalogo.evaluation.documents.sheets import Sheet, cut_lines
from decalogo.evaluation.formats.page_marks import find_page_ends
from decalogo.evaluation.layout.hyphens import Vocabulary
from decalogo.evaluation.layout.normalise import normalise

_PAGE_CHARACTERS = 3000
"""Length of a page in a text without page marks."""
_MOST_PAGE_BYTES = 8000


def read_text(content: bytes | Path, limits: Limits) -> Reading:
    """Read plain text: one sheet per page.

    Form feeds end pages. A text without form feeds is cut at the page numbers and headers between its lines (see
    ``page_marks``). Parts longer than a page are then cut at paragraph borders, every 3,000 characters or so.

    Raises:
        DocumentTooLargeError: more than ``limits.max_pages`` pages.
    """
    max_pages = limits.max_pages
    raw = decode_file(content, limits)
    flags: list[Flag] = []
    parts = raw.rstrip("\f\n ").split("\f")
    if len(parts) == 1:
        ends = find_page_ends(raw)
        parts = [page for part in cut_at(raw, ends) for page in make_pages(part)]
        how = "where its page numbers and headers repeat" if ends else "at paragraph borders"
        flags.append(
            Flag(
                "pages-synthetic",
                f"The text has no page breaks; it was cut {how} into {len(parts)} parts, which are numbered as pages.",
            )
        )
    if len(parts) > max_pages:
        raise DocumentTooLargeError(
            f"The text has {len(parts)} pages; the limit is {max_pages}. Split it or raise evaluation.max_pages."
        )
    words = Vocabulary(parts)
    sheets: list[Sheet] = []
    for number, part in enumerate(parts, 1):
        if limits.reached(len(sheets)):
            break
        text = normalise(part, words).text
        sheets.append(Sheet(number, text, cut_lines(text)))
    return Reading(TEXT, sheets, flags, cut=len(sheets) < len(parts), total=len(parts))


def decode_file(content: bytes | Path, limits: Limits) -> str:
    """Return the text of a file with LF line ends.

    Raises:
        DocumentTooLargeError: more bytes than ``limits.max_pages`` pages hold.
    """
    size = content.stat().st_size if isinstance(content, Path) else len(content)
    if size > limits.max_pages * _MOST_PAGE_BYTES:
        raise DocumentTooLargeError(
            f"The text has {size:,} bytes, more than {limits.max_pages} pages contain. "
            "Split it or raise evaluation.max_pages."
        )
    data = content.read_bytes() if isinstance(content, Path) else content
    return decode(data).replace("\r\n", "\n").replace("\r", "\n")


def decode(data: bytes) -> str:
    """Decode UTF-8, UTF-16 or, if neither fits, cp1252, the encoding of most old plans."""
    codec = looks_utf16(data[:HEAD_BYTES])
    if codec is not None:
        return data.decode(codec, errors="replace").removeprefix("\ufeff")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        # The five bytes cp1252 leaves undefined become control characters, which normalisation removes.
        return data.decode("cp1252", errors="replace").replace("\ufffd", "")


def cut_at(text: str, ends: Iterable[int]) -> list[str]:
    """Return ``text`` cut at the given offsets, without blank parts."""
    borders = [0, *ends, len(text)]
    parts = [text[start:end] for start, end in pairwise(borders)]
    return [part for part in parts if part and not part.isspace()] or [text]


def make_pages(text: str) -> list[str]:
    """Cut a text without page marks into pages of about 3,000 characters, at paragraph borders if possible."""
    pages: list[str] = []
    start = 0
    while len(text) - start > 2 * _PAGE_CHARACTERS:
        low, high = start + _PAGE_CHARACTERS // 2, start + int(1.5 * _PAGE_CHARACTERS)
        cut = _best_cut(text, low, start + _PAGE_CHARACTERS, high)
        pages.append(text[start:cut])
        start = cut
    pages.append(text[start:])
    return pages


def _best_cut(text: str, low: int, goal: int, high: int) -> int:
    for mark in ("\n\n", ".\n", "\n", " "):
        after, before = text.find(mark, goal, high), text.rfind(mark, low, goal)
        if after >= 0 or before >= 0:
            near = before if after < 0 or (before >= 0 and goal - before < after - goal) else after
            return near + len(mark)
    return goal
