"""Long PDF files in parts: several processes read the pages, one process evaluates the document.

Reading a page, and recognising a scanned one, needs no other page. A document above a size therefore raises
:class:`SplitError`, which names parts for other processes. Everything that needs the whole document (vocabulary,
headers and footers, sections, evaluation) is done by one process afterwards, from the pages as they were read. Pages
that no part returned are read by that process, so the result is the same whichever parts are missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

import orjson

from decalogo import __version__
from decalogo.evaluation.documents import page_codec
from decalogo.evaluation.documents.model import OcrOptions, SplitSizes
from decalogo.evaluation.documents.raw_pages import RawLine, RawPage, Recognised
from decalogo.evaluation.documents.sheets import Box, Grid, GridCell

READ: Final = "read"
RECOGNISE: Final = "recognise"

_CLASSES: Final = {kind.__name__: kind for kind in (RawPage, RawLine, Grid, GridCell, Box, Recognised)}
_FORM: Final = sha256(
    repr([__version__, *(list(kind.__annotations__) for kind in _CLASSES.values())]).encode()
).digest()
"""Prefix of encoded pages. Pages of another release, or with other members, do not match and are read again."""


@dataclass(frozen=True, slots=True)
class Part:
    """Pages for one process to read or to recognise.

    Attributes:
        kind: ``READ`` or ``RECOGNISE``.
        pages: page numbers, from 1, ascending.
        seconds: time limit for recognising all of them.
    """

    kind: str
    pages: tuple[int, ...]
    seconds: float = 0.0

    def to_json(self) -> str:
        """Return the part as JSON, for a message."""
        return orjson.dumps([self.kind, self.pages, self.seconds]).decode()

    @classmethod
    def from_json(cls, text: str) -> Part:
        """Return the part from the JSON of :meth:`to_json`."""
        kind, pages, seconds = orjson.loads(text)
        return cls(kind, tuple(pages), seconds)


@dataclass(slots=True)
class Known:
    """The pages of a document that were read or recognised, by page number.

    A page that took too long to recognise is ``None``.
    """

    read: dict[int, RawPage] = field(default_factory=dict)
    recognised: dict[int, Recognised | None] = field(default_factory=dict)

    def encode(self) -> bytes:
        """Return the pages as bytes, without any loss of precision."""
        return _FORM + page_codec.encode(self.read, self.recognised)

    @classmethod
    def decode(cls, data: bytes) -> Known:
        """Return the pages from the bytes of :meth:`encode`.

        Raises:
            ValueError: the bytes are damaged or of another release.
        """
        if not data.startswith(_FORM):
            raise ValueError("pages encoded by another release")
        try:
            return cls(*page_codec.decode(data[len(_FORM) :]))
        except (ValueError, TypeError, IndexError, RecursionError) as error:
            raise ValueError(f"damaged pages: {error}") from error

    @classmethod
    def join(cls, several: Iterable[Known]) -> Known:
        """Return the pages of all."""
        whole = cls()
        for one in several:
            whole.read |= one.read
            whole.recognised |= one.recognised
        return whole


class SplitError(Exception):
    """A request, not a failure: other processes should read parts of the document first.

    Args:
        parts: independent parts, as JSON (see ``Part.to_json``).
        known: pages that are known already, encoded (see ``Known.encode``).
        heavy: whether one page costs as much as a small document, as in text recognition.
    """

    def __init__(self, parts: Sequence[str], known: bytes, *, heavy: bool = False) -> None:
        super().__init__(f"{len(parts)} parts")
        self.parts = parts
        self.known = known
        self.heavy = heavy


@dataclass(frozen=True, slots=True)
class Parts:
    """The pages that other processes read, and the sizes above which to ask for parts; by default none and never."""

    known: Known = field(default_factory=Known)
    sizes: SplitSizes = field(default_factory=SplitSizes)

    def check_reading(self, count: int) -> None:
        """Raise :class:`SplitError` if a document of ``count`` pages should be read in parts."""
        if self.sizes.read_above and count > self.sizes.read_above and not self.known.read:
            parts = [Part(READ, pages).to_json() for pages in cut(range(1, count + 1), self.sizes.read)]
            raise SplitError(parts, self.known.encode())

    def check_recognition(self, todo: Sequence[int], raw: Sequence[RawPage], options: OcrOptions) -> None:
        """Raise :class:`SplitError` if the pages ``todo`` should be recognised in parts."""
        most = self.sizes.recognise
        if not most or len(todo) <= most:
            return
        share = options.document_seconds / len(todo)
        known = Known({page.number: page for page in raw}, self.known.recognised)
        parts = [Part(RECOGNISE, pages, share * len(pages)).to_json() for pages in cut(todo, most)]
        raise SplitError(parts, known.encode(), heavy=True)


def cut(pages: Sequence[int], size: int) -> list[tuple[int, ...]]:
    """Return ``pages`` in runs of at most ``size`` pages; the lengths of the runs differ by one at most."""
    count = -(-len(pages) // size)
    return [tuple(pages[len(pages) * i // count : len(pages) * (i + 1) // count]) for i in range(count)]
