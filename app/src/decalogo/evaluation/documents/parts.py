"""A long PDF in parts: which pages others should read first, and what they brought.

Reading a page and recognising a scanned one need no other page, so others can do it. All that needs the whole document
(its vocabulary, its furniture, its sections, judging) is done by one process, from the pages as they were read. It
takes what was brought as it would take its own reading, and reads what was not brought: the result is the same.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

import orjson

from decalogo import __version__
from decalogo.evaluation.documents.model import OcrOptions, SplitSizes
from decalogo.evaluation.documents.raw_pages import RawLine, RawPage
from decalogo.evaluation.documents.sheets import Box, Grid, GridCell

READ: Final = "read"
RECOGNISE: Final = "recognise"
Recognised = tuple[tuple[str, Box], ...]

_CLASSES: Final = {kind.__name__: kind for kind in (RawPage, RawLine, Grid, GridCell, Box)}
_FORM: Final = sha256(
    repr([__version__, *(list(kind.__annotations__) for kind in _CLASSES.values())]).encode()
).digest()
"""Written in front: pages from another release, whose pages have other members, are read again."""


@dataclass(frozen=True, slots=True)
class Part:
    """Work for one process.

    Attributes:
        kind: ``READ`` or ``RECOGNISE``.
        pages: page numbers, from 1, rising.
        seconds: time for recognising all of them.
    """

    kind: str
    pages: tuple[int, ...]
    seconds: float = 0.0

    def to_json(self) -> str:
        """Return the form a queue carries."""
        return orjson.dumps([self.kind, self.pages, self.seconds]).decode()

    @classmethod
    def from_json(cls, text: str) -> Part:
        """Read what :meth:`to_json` wrote."""
        kind, pages, seconds = orjson.loads(text)
        return cls(kind, tuple(pages), seconds)


@dataclass(slots=True)
class Known:
    """What has been read of a document, by page number; a page that took too long to recognise is ``None``."""

    read: dict[int, RawPage] = field(default_factory=dict)
    recognised: dict[int, Recognised | None] = field(default_factory=dict)

    def encode(self) -> bytes:
        """Return a form that :meth:`decode` reads, exact to the last bit."""
        return _FORM + pickle.dumps((self.read, self.recognised), protocol=5)

    @classmethod
    def decode(cls, data: bytes) -> Known:
        """Read what :meth:`encode` wrote; raises ``ValueError`` when it is of another form or damaged."""
        if not data.startswith(_FORM):
            raise ValueError("pages in the form of another release")
        try:
            read, recognised = _Unpickler(io.BytesIO(data[len(_FORM) :])).load()
            return cls(read, recognised)
        except Exception as error:  # a damaged pickle may raise anything
            raise ValueError(f"damaged pages: {error}") from error

    @classmethod
    def join(cls, several: Iterable[Known]) -> Known:
        """Return what all of them know."""
        whole = cls()
        for one in several:
            whole.read |= one.read
            whole.recognised |= one.recognised
        return whole


class SplitError(Exception):
    """Not a failure: others should do parts of the document first.

    Args:
        parts: work that needs nothing of one another, in the form a queue carries.
        known: what is known already, in the form that they bring theirs.
        heavy: whether a page costs as much as judging a small document.
    """

    def __init__(self, parts: Sequence[str], known: bytes, *, heavy: bool = False) -> None:
        super().__init__(f"{len(parts)} parts")
        self.parts = parts
        self.known = known
        self.heavy = heavy


@dataclass(frozen=True, slots=True)
class Parts:
    """What was brought, and whether to ask for more; by default nothing and no."""

    known: Known = field(default_factory=Known)
    sizes: SplitSizes = field(default_factory=SplitSizes)

    def check_reading(self, count: int) -> None:
        """Raise :class:`SplitError` when a document of ``count`` pages should be read in parts."""
        if self.sizes.read_above and count > self.sizes.read_above and not self.known.read:
            parts = [Part(READ, pages).to_json() for pages in cut(range(1, count + 1), self.sizes.read)]
            raise SplitError(parts, self.known.encode())

    def check_recognition(self, todo: Sequence[int], raw: Sequence[RawPage], options: OcrOptions) -> None:
        """Raise :class:`SplitError` when the pages ``todo`` should be recognised in parts."""
        most = self.sizes.recognise
        if not most or len(todo) <= most:
            return
        share = options.document_seconds / len(todo)
        known = Known({page.number: page for page in raw}, self.known.recognised)
        parts = [Part(RECOGNISE, pages, share * len(pages)).to_json() for pages in cut(todo, most)]
        raise SplitError(parts, known.encode(), heavy=True)


def cut(pages: Sequence[int], size: int) -> list[tuple[int, ...]]:
    """Return ``pages`` in runs of at most ``size`` that differ by one page at most."""
    count = -(-len(pages) // size)
    return [tuple(pages[len(pages) * i // count : len(pages) * (i + 1) // count]) for i in range(count)]


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        """Return one of the classes that pages are made of; anything else is refused."""
        kind = _CLASSES.get(name)
        if kind is None or kind.__module__ != module:
            raise pickle.UnpicklingError(f"{module}.{name} is no part of a page")
        return kind
