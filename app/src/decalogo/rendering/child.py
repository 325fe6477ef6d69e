"""The renderer's process: reads one request per line from standard input, answers on standard output.

Request: a JSON object with ``kind`` (``picture`` or ``boxes``), ``file``, ``media_type``, ``page`` (from 1) and what
the kind needs.
Answer: a JSON line ``{"bytes": N, ...}`` followed by N bytes, or ``{"error": slug, "detail": ...}``.

PDFium and Pillow run on documents of strangers here. The process therefore has no network use, no secrets and bounded
memory; its parent kills it when an answer takes too long.
"""

from __future__ import annotations

import json
import resource
import sys
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from decalogo.rendering.answers import RenderError, picture_answer, scale_of
from decalogo.rendering.boxes import Rectangle, find_quote, join_boxes
from decalogo.rendering.image_files import FORMATS, answer_for_image

MAX_SIDE_POINTS: Final = 14_400
"""Longest side of a page, points: the limit of the PDF format itself."""


class Renderer:
    """Answers requests and keeps the last document open, because a reader turns pages of one document."""

    def __init__(self) -> None:
        self._name = ""
        self._document: Any = None
        self._drawings: Any = None

    def answer(self, request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        """Return the head and the body of one answer; raise :class:`RenderError`."""
        if request["media_type"] in FORMATS:
            return answer_for_image(request)
        with closing(self._page(request["file"], request["page"])) as page:
            if request["kind"] == "picture":
                return self._picture(page, request["width"])
            return self._boxes(page, request), b""

    def _page(self, name: str, number: int) -> Any:
        import pypdfium2

        from decalogo.evaluation.pdf.drawing import Drawings

        try:
            if self._name != name:
                self._close()
                self._document = pypdfium2.PdfDocument(name)
                self._drawings = Drawings.of(Path(name))
                self._name = name
            if not 1 <= number <= len(self._document):
                raise RenderError("not-found", f"The document has {len(self._document)} pages.")
            if self._drawings and (reason := self._drawings.reason(number)):
                raise RenderError("page-unreadable", f"Drawing this page would take too much: {reason}.")
            return self._document[number - 1]
        except pypdfium2.PdfiumError as error:
            raise RenderError("page-unreadable", "PDFium cannot open this page.") from error

    def _close(self) -> None:
        if self._document is not None:
            self._document.close()
        if self._drawings is not None:
            self._drawings.document.close()
        self._name, self._document, self._drawings = "", None, None

    def _picture(self, page: Any, width: int) -> tuple[dict[str, Any], bytes]:
        across, down = page.get_size()
        if not (0 < across <= MAX_SIDE_POINTS and 0 < down <= MAX_SIDE_POINTS):
            raise RenderError("page-unreadable", "The page has no usable size.")
        scale = scale_of(across, down, width)
        return picture_answer(page.render(scale=scale, may_draw_forms=False).to_pil())

    def _boxes(self, page: Any, request: dict[str, Any]) -> dict[str, Any]:
        width, height = page.get_size()
        with closing(page.get_textpage()) as textpage:
            characters = _characters(textpage)
            found = find_quote(request["text"], request["start"], request["end"], characters)
            boxes = [box for index in found if (box := _box(page, textpage, index, width, height))]
        return {
            "boxes": [[round(value, 5) for value in box] for box in join_boxes(boxes)],
            "text": "".join(characters[index] for index in found),
            "ratio": round(height / width, 5) if width else 1.0,
        }


def _characters(textpage: Any) -> str:
    """Return one character for each of PDFium's character indices."""
    import pypdfium2.raw as c

    return "".join(chr(c.FPDFText_GetUnicode(textpage, index) or 32) for index in range(textpage.count_chars()))


def _box(page: Any, textpage: Any, index: int, width: float, height: float) -> Rectangle | None:
    """Return the box of a character as it is seen, after the page's rotation and crop."""
    import ctypes

    import pypdfium2.raw as c

    rectangle = c.FS_RECTF()
    if not c.FPDFText_GetLooseCharBox(textpage, index, rectangle):
        return None
    corners = []
    for x, y in ((rectangle.left, rectangle.top), (rectangle.right, rectangle.bottom)):
        across, down = ctypes.c_int(), ctypes.c_int()
        # A canvas of a million units per side: the integers then are shares with six digits.
        c.FPDF_PageToDevice(page, 0, 0, 1_000_000, 1_000_000, 0, x, y, across, down)
        corners.append((across.value / 1e6, down.value / 1e6))
    (x1, y1), (x2, y2) = corners
    left, right = max(0.0, min(x1, x2)), min(1.0, max(x1, x2))
    top, bottom = max(0.0, min(y1, y2)), min(1.0, max(y1, y2))
    return (left, top, right, bottom) if right > left and bottom > top else None


def main(memory_bytes: int, cpu_seconds: int) -> None:
    """Answer requests until standard input ends."""
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    renderer = Renderer()
    for line in sys.stdin.buffer:
        try:
            head, body = renderer.answer(json.loads(line))
        except RenderError as error:
            head, body = {"error": error.slug, "detail": str(error)}, b""
        except MemoryError:
            head, body = {"error": "page-unreadable", "detail": "The page needs too much memory."}, b""
        sys.stdout.buffer.write(json.dumps({**head, "bytes": len(body)}).encode() + b"\n" + body)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
