"""Text recognition (OCR) of scanned pages by the program ``tesseract``, if it is installed.

Each page is rendered to an image and piped to a process of tesseract, one page at a time with one thread. Documents,
and the parts of a long document, run in parallel instead. The same page, program and language data give the same text.
"""

from __future__ import annotations

import functools
import math
import os
import resource
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import groupby
from pathlib import Path
from typing import Any

from decalogo.evaluation import progress
from decalogo.evaluation.documents.model import OcrOptions
from decalogo.evaluation.documents.parts import Recognised
from decalogo.evaluation.documents.raw_pages import RawLine, RawPage
from decalogo.evaluation.documents.sheets import Box
from decalogo.evaluation.pdf.ocr_cache import PageCache

PROGRAM = "tesseract"
_MOST_PIXELS = 20_000_000
"""Maximum size of an image. A larger page (a poster) is rendered at a lower resolution."""
_LEAST_CONFIDENCE = 30
"""Minimum confidence of a word, percent. Below it, most "words" are specks and drawings."""
_WORD_LEVEL = "5"


@functools.cache
def program(language: str) -> str | None:
    """Return the path of tesseract; ``None`` if it or its data for ``language`` is not installed."""
    path = shutil.which(PROGRAM)
    if path is None:
        return None
    listed = subprocess.run([path, "--list-langs"], capture_output=True, text=True, check=False, timeout=30)  # noqa: S603
    return path if language in listed.stdout.split() else None


@functools.cache
def _version(path: str) -> str:
    told = subprocess.run([path, "--version"], capture_output=True, text=True, check=False, timeout=30)  # noqa: S603
    return told.stdout.partition("\n")[0]


def page_cache(content: bytes | Path, options: OcrOptions) -> PageCache:
    """Return the cache of a document's pages for this version of tesseract and these options."""
    path = program(options.language)
    version = _version(path) if path else ""
    return PageCache(options.cache_dir if path else None, content, version, options.language, str(options.dpi))


def recognise_pages(
    document: Any,
    numbers: Sequence[int],
    options: OcrOptions,
    cache: PageCache,
    reached: Callable[[int], bool],
    seconds: float,
) -> dict[int, Recognised | None]:
    """Return the lines found on each page by page number; ``None`` for a page that took too long.

    Args:
        document: the open PDFium document.
        numbers: page numbers, from 1.
        options: resolution, language, and the time limit per page.
        cache: lines of pages that were recognised before; new ones are added.
        reached: called before each page with the number of pages before it. Once it returns true, the rest is left out.
        seconds: time limit for all pages; pages left over when it ends count as too slow.
    """
    found: dict[int, Recognised | None] = {}
    end = time.monotonic() + seconds
    for index, number in enumerate(numbers):
        if reached(index):
            break
        progress.at("recognise", number)
        found[number] = cache.get(number)
        left = min(options.page_seconds, end - time.monotonic())
        if found[number] is None and left > 0:
            with suppress(TimeoutError):
                found[number] = lines = _recognise(document, number, options, left)
                cache.put(number, lines)
    return found


def fill(page: RawPage, lines: Recognised) -> None:
    """Add recognised lines to a page without text."""
    for text, box in lines:
        if page.text:
            page.text += "\r\n"
        start = len(page.text)
        page.text += text
        page.lines.append(RawLine(start, len(page.text), box, 0.0, False, True))


def _recognise(document: Any, number: int, options: OcrOptions, seconds: float) -> Recognised:
    """Return the lines on the image of a page; raise ``TimeoutError`` after ``seconds``."""
    import pypdfium2

    path = program(options.language)
    if path is None:
        return ()
    try:
        image, scale = _image(document, number - 1, options.dpi)
    except pypdfium2.PdfiumError:
        return ()
    if not image:
        return ()
    table = _run(path, image, round(72 * scale), options.language, seconds)
    return tuple(
        (" ".join(word for word, _ in words), _around([box for _, box in words], scale)) for words in _lines(table)
    )


def _image(document: Any, index: int, dpi: int) -> tuple[bytes, float]:
    """Return a page as a grey PGM image, and its scale in pixels per point; no bytes for an all-white page."""
    page = document[index]
    try:
        wide, high = page.get_size()
        scale = min(dpi / 72, math.sqrt(_MOST_PIXELS / max(1.0, wide * high)))
        bitmap = page.render(scale=scale, grayscale=True)
    finally:
        page.close()
    width, height, stride = bitmap.width, bitmap.height, bitmap.stride
    pixels = memoryview(bitmap.buffer).cast("B")
    rows = pixels.tobytes() if stride == width else b"".join(pixels[y * stride :][:width] for y in range(height))
    del pixels
    bitmap.close()
    if rows.count(0xFF) == len(rows):
        return b"", scale
    return b"P5 %d %d 255\n" % (width, height) + rows, scale


def _run(path: str, image: bytes, dpi: int, language: str, seconds: float) -> str:
    """Return tesseract's table of words (tab-separated); empty if tesseract rejects the image."""
    command = [path, "stdin", "stdout", "-l", language, "--dpi", str(dpi), "--psm", "3"]
    kept = {name: os.environ[name] for name in ("PATH", "TESSDATA_PREFIX") if name in os.environ}
    with subprocess.Popen(  # noqa: S603 - our own command line
        [*command, "-c", "tessedit_create_tsv=1"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=kept | {"OMP_THREAD_LIMIT": "1", "LC_ALL": "C"},
    ) as process:
        if hasattr(resource, "prlimit"):  # tesseract ends by itself if this process is killed
            most = math.ceil(seconds) + 1
            resource.prlimit(process.pid, resource.RLIMIT_CPU, (most, most))
        try:
            output, _ = process.communicate(image, timeout=seconds)
        except subprocess.TimeoutExpired as error:
            process.kill()
            raise TimeoutError from error
        except BaseException:  # for example the soft time limit: do not wait for tesseract
            process.kill()
            raise
    return output.decode(errors="replace") if process.returncode == 0 else ""


def _lines(table: str) -> Iterator[list[tuple[str, Box]]]:
    """Yield the lines of tesseract's table as words with their boxes in pixels."""
    rows = (row.split("\t") for row in table.splitlines())
    words = (row for row in rows if len(row) == 12 and row[0] == _WORD_LEVEL)
    for _, line in groupby(words, key=lambda row: row[1:5]):
        sure = [
            (row[11], _box(*map(float, row[6:10])))
            for row in line
            if float(row[10]) >= _LEAST_CONFIDENCE and not row[11].isspace() and row[11]
        ]
        if any(char.isalnum() for word, _ in sure for char in word):
            yield sure


def _box(left: float, top: float, width: float, height: float) -> Box:
    return Box(left, top, left + width, top + height)


def _around(boxes: list[Box], scale: float) -> Box:
    left, top = min(box.left for box in boxes), min(box.top for box in boxes)
    right, bottom = max(box.right for box in boxes), max(box.bottom for box in boxes)
    return Box(left / scale, top / scale, right / scale, bottom / scale)
