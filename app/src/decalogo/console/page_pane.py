"""One page of a document as a reader sees it: its picture with rectangles, or its text in parts."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from decalogo.api.services import Services
from decalogo.batches.own_files import read_page
from decalogo.batches.states import Document
from decalogo.errors import DecalogoError, NotFoundError
from decalogo.reports.answers import Quote

_A4: Final = 1.414
"""Height of a page divided by its width, where it is not known."""


@dataclass(frozen=True, slots=True)
class Pane:
    """What is shown of a page.

    Attributes:
        number: of the page, from 1.
        picture: address of its picture; "" where the document has none.
        ratio: height divided by width.
        boxes: rectangles of the quote, as shares of the page (left, top, right, bottom).
        before, quote, after: the page's text.
        problem: why the picture cannot be drawn; "" where it can.
    """

    number: int
    picture: str = ""
    ratio: float = _A4
    boxes: tuple[tuple[float, float, float, float], ...] = ()
    before: str = ""
    quote: str = ""
    after: str = ""
    problem: str = ""


def quoted_page(document: Document, services: Services, quote: Quote) -> Pane:
    """Return the page of a quote; blocking."""
    return page_pane(document, services, quote.page, quote.start, quote.end)


def page_pane(document: Document, services: Services, number: int, start: int = 0, end: int = 0) -> Pane:
    """Return a page with the characters from ``start`` to ``end`` highlighted; blocking.

    Raises:
        NotFoundError: the document has no such page.
    """
    text = ""
    if document.pages_key:
        with suppress(FileNotFoundError):
            text = read_page(services.store, document, number)
    before, quote, after = text[:start], text[start:end], text[end:]
    if not services.pictures.has_pictures(document.document_id):
        return Pane(number, before=before, quote=quote, after=after)
    try:
        found = services.pictures.boxes(document.document_id, number, text, start, end)
    except NotFoundError:
        raise
    except DecalogoError as error:
        return Pane(number, before=before, quote=quote, after=after, problem=error.detail)
    boxes = tuple((left, top, right, bottom) for left, top, right, bottom in found["boxes"])
    picture = f"/documents/{document.document_id}/pages/{number}.webp"
    return Pane(number, picture, found["ratio"], boxes, before, quote, after)
