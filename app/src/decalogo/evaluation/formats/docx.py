"""DOCX: the parts of a Word document, put together."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from decalogo.evaluation.formats.blocks import Block
from decalogo.evaluation.formats.budgets import Budget
from decalogo.evaluation.formats.docx_body import DocxHandler, NotesHandler
from decalogo.evaluation.formats.docx_styles import DocxStyles
from decalogo.evaluation.formats.docx_text import DocxParts
from decalogo.evaluation.formats.packages import Package, Relationship
from decalogo.evaluation.formats.xml_stream import parse_xml

_MOST_CHUNKS = 200
_NOTES = {"footnotes": "footnote", "endnotes": "endnote"}

ReadInner = Callable[[bytes, Budget], list[Block]]


def docx_blocks(package: Package, main: str, read_inner: ReadInner) -> list[Block]:
    """Return the content of a Word document.

    Args:
        package: the open file.
        main: name of its main part.
        read_inner: reads a document that is kept inside the document (``w:altChunk``).
    """
    related = package.relationships(main)
    parts = DocxParts(chunk=_Chunks(package, related, read_inner))
    for name in _named(related, "styles", package):
        parts.styles = parse_xml(package.stream(name), DocxStyles(package.budget))
    notes: dict[tuple[str, str], str] = {}
    for kind, one in _NOTES.items():
        for name in _named(related, kind, package):
            notes |= parse_xml(package.stream(name), NotesHandler(package.budget, parts, one)).notes
    parts.notes = notes
    return parse_xml(package.stream(main), DocxHandler(package.budget, parts)).finish()


def _named(related: dict[str, Relationship], kind: str, package: Package) -> Iterable[str]:
    return [one.target for one in related.values() if one.kind == kind and one.target in package][:1]


class _Chunks:
    """Reads the documents inside a document, by their relationship ids."""

    def __init__(self, package: Package, related: dict[str, Relationship], read_inner: ReadInner) -> None:
        self._package, self._related, self._read_inner = package, related, read_inner
        self._count = 0

    def __call__(self, key: str) -> list[Block]:
        found = self._related.get(key)
        self._count += 1
        if found is None or found.target not in self._package or self._count > _MOST_CHUNKS:
            return []
        return self._read_inner(self._package.read(found.target), self._package.budget)
