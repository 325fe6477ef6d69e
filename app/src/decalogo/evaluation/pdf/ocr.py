"""Text recognition (OCR) of pages by their picture, with ``tesseract`` if it is installed.

Each page is rendered to an image and piped to a process of tesseract, one page at a time with one thread. Documents,
and the parts of a long document, run in parallel instead. The same page, program and language data give the same text.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from decalogo.evaluation import progress
from decalogo.evaluation.documents.model import OcrOptions
from decalogo.evaluation.documents.raw_pages import PICTURE, Recognised
from decalogo.evaluation.documents.sheets import Box
from decalogo.evaluation.pdf import tesseract
from decalogo.evaluation.pdf.ocr_cache import PageCache
from decalogo.evaluation.pdf.tesseract import Words, program

if TYPE_CHECKING:
    from PIL.Image import Image

_MOST_PIXELS = 20_000_000
"""Maximum size of an image. A larger page (a poster) is rendered at a lower resolution."""
_LOW_DPI = 72
_CPU_SECONDS, _CPU_SECONDS_PER_MIB = 25, 14
"""CPU time to recognise a document: a scanned page has 20 KiB or more and takes about a second.

It is 70 % of what a document may take in all (``evaluation.cpu_seconds``). Pages past it are left out with a flag.
"""
_SURE = 70
"""Mean confidence of the words of an upright page, percent. Below it, the page may be turned or upside down."""
_TALL = 0.3
"""Share of words higher than wide on a page that is turned."""
_LEAST_TALL = 3
"""Letters of a word whose form tells whether it is turned."""

__all__ = ["cpu_seconds_for", "page_cache", "program", "recognise_pages", "shows_print"]


def page_cache(content: bytes | Path, options: OcrOptions) -> PageCache:
    """Return the cache of a document's pages for this version of tesseract and these options."""
    path = program(options.language)
    version = tesseract.version(path) if path else ""
    return PageCache(options.cache_dir if path else None, content, version, options.language, str(options.dpi))


def recognise_pages(
    document: Any,
    pages: Mapping[int, str],
    options: OcrOptions,
    cache: PageCache,
    reached: Callable[[int], bool],
    seconds: float,
    cpu_seconds: float = math.inf,
) -> dict[int, Recognised | None]:
    """Return the lines found on each page; ``None`` for a page that took too long.

    Args:
        document: the open PDFium document.
        pages: the doubt about each page (see ``RawPage.doubt``) by its number, from 1.
        options: resolution, language, and time limit per page.
        cache: lines recognised before; new ones are added.
        reached: called before each page with the number of pages done. Once it returns true, the rest is left out.
        seconds: time limit for all pages; a page that it cuts off counts as having taken too long.
        cpu_seconds: the same for the CPU time of this process and of the program (see ``cpu_seconds_for``).
    """
    found: dict[int, Recognised | None] = {}
    end = time.monotonic() + seconds
    cpu_end = tesseract.cpu_seconds() + cpu_seconds
    for index, (number, doubt) in enumerate(pages.items()):
        if reached(index):
            break
        progress.at("recognise", number)
        found[number] = cache.get(number)
        now, used = time.monotonic(), tesseract.cpu_seconds()
        if found[number] is None and now < end and used < cpu_end:
            page = tesseract.Limits(min(end, now + options.page_seconds), min(cpu_end, used + options.page_seconds))
            with suppress(TimeoutError):
                found[number] = lines = _recognise(document, number, doubt, options, page)
                cache.put(number, lines)
    return found


def cpu_seconds_for(content: bytes | Path, options: OcrOptions, seconds: float) -> float:
    """Return the CPU time for recognition, in proportion to a document's size.

    Args:
        content: the document.
        options: the time limit of a whole document.
        seconds: the time limit of the pages at hand, which may be those of a part.
    """
    size = content.stat().st_size if isinstance(content, Path) else len(content)
    share = min(1.0, seconds / options.document_seconds) if options.document_seconds else 0.0
    return (_CPU_SECONDS + _CPU_SECONDS_PER_MIB * size / (1 << 20)) * share


def _recognise(document: Any, number: int, doubt: str, options: OcrOptions, limits: tesseract.Limits) -> Recognised:
    """Return the lines that the image of a page shows; raises ``TimeoutError`` past its limits."""
    import pypdfium2

    if program(options.language) is None:
        return Recognised(())
    try:
        image, scale = _image(document, number - 1, options.dpi, without_text=doubt == PICTURE)
    except pypdfium2.PdfiumError:
        return Recognised(())
    if image is None:
        return Recognised(())
    dpi = round(72 * scale)
    words = tesseract.read_words(image, dpi, options.language, limits)
    rotation = 0
    if _may_be_turned(words):
        rotation = tesseract.find_rotation(image, dpi, limits) or 0
        if rotation:
            image = _turned(image, rotation)
            words = tesseract.read_words(image, dpi, options.language, limits)
    lines = tuple((" ".join(word.text for word in line), _around(line, scale)) for line in words)
    return Recognised(lines, image.height / scale, rotation)


def shows_print(document: Any, number: int) -> bool:
    """Return whether the pictures on a page look like print; false for a page that cannot be drawn."""
    import pypdfium2

    try:
        return _image(document, number - 1, _LOW_DPI, without_text=True)[0] is not None
    except pypdfium2.PdfiumError:
        return False


def _image(document: Any, index: int, dpi: int, *, without_text: bool = False) -> tuple[Image | None, float]:
    """Return a page as a grey image, and its scale in pixels per point; no image for a page of one colour."""
    from decalogo.evaluation.pdf.pictures import hide_text, may_hold_text

    page = document[index]
    try:
        if without_text:
            hide_text(page)
        wide, high = page.get_size()
        scale = min(dpi / 72, math.sqrt(_MOST_PIXELS / max(1.0, wide * high)))
        bitmap = page.render(scale=scale, grayscale=True)
    finally:
        page.close()
    image = bitmap.to_pil().copy()
    bitmap.close()
    low, high = image.getextrema()
    return (None if low == high or (without_text and not may_hold_text(image, dpi)) else image), scale


def _may_be_turned(words: Words) -> bool:
    """Return whether what was found on a page looks as if it was not upright: few sure words, or tall ones."""
    found = [word for line in words for word in line]
    long = [word.box for word in found if len(word.text) >= _LEAST_TALL]
    if not long:
        return True
    tall = sum(1 for box in long if box.bottom - box.top > box.right - box.left)
    return tall > _TALL * len(long) or sum(word.confidence for word in found) < _SURE * len(found)


def _turned(image: Image, degrees: int) -> Image:
    """Return an image turned clockwise."""
    from PIL.Image import Transpose

    turns = {90: Transpose.ROTATE_270, 180: Transpose.ROTATE_180, 270: Transpose.ROTATE_90}
    return image.transpose(turns[degrees])


def _around(words: Sequence[tesseract.Word], scale: float) -> Box:
    """Return the rectangle around words, in points."""
    boxes = [word.box for word in words]
    left, top = min(box.left for box in boxes), min(box.top for box in boxes)
    right, bottom = max(box.right for box in boxes), max(box.bottom for box in boxes)
    return Box(left / scale, top / scale, right / scale, bottom / scale)
