"""Cut pages into passages in reading order, each with the headings above it.

Passages are paragraphs, list items, headings, rows of tables, entries of tables of contents, and headers and footers.
Rows of ruled tables come from the grids, all others from the lines outside of them. Afterwards:

- Four or more headings of one rank in a row, with nothing below them, become prose: they are names, labels or annexes.
- Prose shorter than 40 characters is joined with the prose after it.
- A passage longer than 1,200 characters is split at ends of sentences.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median

from decalogo.evaluation.documents.model import Passage, PassageKind
from decalogo.evaluation.documents.sheets import Line, Sheet
from decalogo.evaluation.layout.headings import Outline, heading_rank
from decalogo.evaluation.layout.note_marks import AFTER_SENTENCE
from decalogo.evaluation.layout.paragraphs import Block, find_blocks
from decalogo.evaluation.layout.words import Words

LONGEST = 1200
"""Maximum length of a passage, characters."""
_SHORTEST = 40
"""Minimum length of prose, characters."""
_LIST_OF_HEADINGS = 4
_MOST_HEADING_LINES = 4
_SENTENCE = re.compile(rf"[.!?;:][\"'”’»)]*{AFTER_SENTENCE}\s+(?=[¿¡\"“«(]?[A-ZÁÉÍÓÚÑ0-9•])")


@dataclass(slots=True)
class Span:
    """A stretch of one sheet's text, before it becomes a passage."""

    start: int
    end: int
    kind: PassageKind
    rank: int = 0
    grid: int = -1


@dataclass(slots=True)
class Flow:
    """The passages, and the headings above each grid by index of the sheet and of the grid on it."""

    passages: list[Passage] = field(default_factory=list)
    grid_sections: dict[tuple[int, int], tuple[str, ...]] = field(default_factory=dict)


def split_long(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield ``text[start:end]`` in spans of at most ``LONGEST`` characters, cut at ends of sentences or at blanks."""
    while end - start > LONGEST:
        cut = 0
        for match in _SENTENCE.finditer(text, start + LONGEST // 3, start + LONGEST):
            cut = match.end()
        if not cut:
            low, high = start + LONGEST // 2, start + LONGEST
            cut = max(text.rfind(" ", low, high), text.rfind("\n", low, high), text.rfind("\t", low, high)) + 1
        if not cut:
            cut = start + LONGEST
        stop = cut
        while text[stop - 1].isspace():
            stop -= 1
        yield start, stop
        start = cut
    if start < end:
        yield start, end


def body_size(sheets: Sequence[Sheet]) -> float:
    """Return the font size of the running text, points: the median over lines of over 30 characters; 0 if unknown."""
    sizes = [line.size for sheet in sheets for line in sheet.lines if line.size and len(line.text) > 30]
    return median(sizes) if sizes else 0.0


def build_passages(
    sheets: Sequence[Sheet], furniture: Sequence[set[int]], contents: Sequence[set[int]], words: Words
) -> Flow:
    """Cut all sheets into passages.

    Args:
        sheets: the pages.
        furniture: indices of the lines that are headers, footers or page numbers, per sheet.
        contents: indices of the lines of tables of contents, per sheet.
        words: words of the language.
    """
    flow, outline, size = Flow(), Outline(), body_size(sheets)
    add, heading = flow.passages.append, PassageKind.HEADING
    for number, sheet in enumerate(sheets):
        for span in _spans(sheet, furniture[number], contents[number], size, words):
            first, last, kind = span.start, span.end, span.kind
            if kind is heading:
                outline.enter(span.rank, sheet.text[first:last])
            if span.grid >= 0:
                flow.grid_sections.setdefault((number, span.grid), outline.path)
            if 0 < last - first <= LONGEST:
                add(Passage(sheet.number, first, last, kind, outline.path))
                continue
            for start, end in split_long(sheet.text, first, last):
                add(Passage(sheet.number, start, end, kind, outline.path))
    return flow


def _spans(sheet: Sheet, furniture: set[int], contents: set[int], size: float, words: Words) -> list[Span]:
    rows = _row_spans(sheet)
    tabled = _lines_in(sheet.lines, rows)
    spans = [*rows]
    spans += _runs(sheet.lines, furniture - tabled, PassageKind.FURNITURE)
    spans += _runs(sheet.lines, contents - tabled - furniture, PassageKind.CONTENTS)
    skip = furniture | contents | tabled
    for block in find_blocks(sheet, skip, words):
        spans.append(_block_span(sheet, block, size, words))
    spans.sort(key=lambda span: (span.start, span.end))
    _demote_lists_of_headings(spans)
    return _with_neighbours(sheet.text, spans, words)


def _block_span(sheet: Sheet, block: Block, size: float, words: Words) -> Span:
    lines, first, last = sheet.lines, block.first, block.last
    start, end = lines[first].start, lines[last].end
    if block.row:
        return Span(start, end, PassageKind.TABLE_ROW)
    if last - first < _MOST_HEADING_LINES:
        whole = lines[first]
        if first < last:
            bold = all(line.bold for line in lines[first : last + 1])
            text = sheet.text[start:end].replace("\n", " ")
            whole = Line(start, end, text, None, whole.size, bold, rank=whole.rank)
        if (rank := heading_rank(whole, size, words)) is not None:
            return Span(start, end, PassageKind.HEADING, rank)
    return Span(start, end, PassageKind.LIST if block.listed else PassageKind.PROSE)


def _demote_lists_of_headings(spans: Sequence[Span]) -> None:
    """Turn four or more successive headings of one rank without text below them into prose."""
    run: list[Span] = []
    for span in [*spans, Span(0, 0, PassageKind.PROSE)]:
        if span.kind is PassageKind.HEADING and (not run or span.rank == run[-1].rank):
            run.append(span)
            continue
        if span.kind is PassageKind.FURNITURE:
            continue
        if len(run) >= _LIST_OF_HEADINGS:
            for one in run:
                one.kind = PassageKind.PROSE
        run = [span] if span.kind is PassageKind.HEADING else []


def _runs(lines: Sequence[Line], chosen: set[int], kind: PassageKind) -> list[Span]:
    spans: list[Span] = []
    last = -2
    for index in sorted(chosen):
        line = lines[index]
        if index == last + 1 and line.end - spans[-1].start <= LONGEST:
            spans[-1].end = line.end
        else:
            spans.append(Span(line.start, line.end, kind))
        last = index
    return spans


def _with_neighbours(text: str, spans: list[Span], words: Words) -> list[Span]:
    """Join short prose with the prose after it."""
    joined: list[Span] = []
    for span in spans:
        last = joined[-1] if joined else None
        if (
            last is not None
            and last.kind is span.kind is PassageKind.PROSE
            and last.end - last.start < _SHORTEST
            and not words.caption.match(text, last.start)
            and span.end - last.start <= LONGEST
        ):
            last.end = span.end
        else:
            joined.append(span)
    return joined


def _row_spans(sheet: Sheet) -> list[Span]:
    """Return the spans of text that lie in one row of a grid."""
    words = [
        (start, end, number, cell.row)
        for number, grid in enumerate(sheet.grids)
        for cell in grid.cells
        for start, end in cell.words
    ]
    spans: list[Span] = []
    row = (-1, -1)
    for start, end, number, cell_row in sorted(words):
        if start >= end:
            continue
        between = sheet.text[spans[-1].end : start] if spans else ""
        if (number, cell_row) == row and not between.strip():
            spans[-1].end = end
        else:
            spans.append(Span(start, end, PassageKind.TABLE_ROW, grid=number))
            row = (number, cell_row)
    return spans


def _lines_in(lines: Sequence[Line], spans: Sequence[Span]) -> set[int]:
    """Return the lines of which at least half lies in one of the spans (both in text order)."""
    inside: set[int] = set()
    if not spans:
        return inside
    at = 0
    for index, line in enumerate(lines):
        while at < len(spans) and spans[at].end <= line.start:
            at += 1
        covered, look = 0, at
        while look < len(spans) and spans[look].start < line.end:
            covered += min(spans[look].end, line.end) - max(spans[look].start, line.start)
            look += 1
        if 2 * covered >= line.end - line.start:
            inside.add(index)
    return inside
