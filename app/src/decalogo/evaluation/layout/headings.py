"""Headings: which lines are, and how they nest."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from decalogo.evaluation.documents.sheets import Line
from decalogo.evaluation.layout.words import Words

_MOST_LENGTH = 160
_DEEPEST = 6
_ROW_GAPS = 3
LEAST_NUMBERS = 3
"""In a row of a flattened table."""
_DIGITS = re.compile(r"\d+")
_START, _FEW = 40, 4
"""More than four small letters among the first forty characters: not capitals."""
_SMALL = re.compile(rf"(?:[^a-zà-öø-ÿ]*+[a-zà-öø-ÿ]){{{_FEW + 1}}}")
"""So many, told at once in most lines."""
_NUMBERED = re.compile(r"^(\d{1,2}(?:\.\d{1,2}){0,6})[.)]?[-–]?\s+(?=[^\W\d_])")
_ROMAN = re.compile(r"^[IVXLC]{1,6}[.)]\s+(?=[A-ZÁÉÍÓÚÑ])")
_LEAST_LETTERS = 0.6
"""Of what is not blank in a heading; fewer and it is data."""


def column_words(text: str, columns: frozenset[str]) -> list[str]:
    """Return the words of a line that columns are called by."""
    words = text.lower().replace("/", " ").split()
    return [] if columns.isdisjoint(words) else [word for word in words if word in columns]


def is_column_titles(text: str, found: Sequence[str]) -> bool:
    """Tell whether a line of a flattened table holds its column titles: nearly nothing but ``found``."""
    return len(found) >= 3 and 2 * sum(map(len, found)) >= len(text) and text[-1] not in ".:"


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading's rank (1 is outermost) and its text."""

    rank: int
    text: str


def is_capitals(text: str) -> bool:
    """Tell whether a text is set in capitals: at least four letters, nine in ten of them upper case."""
    if text.isupper():
        return sum(map(str.isalpha, text)) >= 4
    if _SMALL.match(text, 0, _START) or sum(map(str.islower, text[:_START])) > _FEW:
        return False
    letters = [char for char in text[:_MOST_LENGTH] if char.isalpha()]
    return len(letters) >= 10 and sum(map(str.isupper, letters)) >= 0.9 * len(letters)


def is_number_row(text: str) -> bool:
    """Tell whether a line is a row of a flattened table: a label and at least as many numbers, three or more."""
    blanks = text.count(" ")
    if blanks < _ROW_GAPS:
        return False
    if 2 * (len(_DIGITS.findall(text)) + sum(map(text.count, "%-–"))) <= blanks:
        return False  # fewer than half of its words can be numbers: prose, told without looking at each
    words = text.split()
    numbers = sum(word[0].isdigit() or word[-1].isdigit() or word in "%-–" for word in words)
    return (
        numbers >= LEAST_NUMBERS
        and 2 * numbers >= len(words)
        and any(word.isalpha() and len(word) > 2 for word in words)
    )


def opens_section(text: str, words: Words) -> bool:
    """Tell whether a line begins as headings do: "Artículo 12", "Eje 2.", "2.1.3 Diagnóstico"."""
    numbered = _NUMBERED.match(text)
    if numbered:
        return "." in numbered.group(1) and text[numbered.end()].isupper()
    return text[0].isupper() and words.heading_keyword(text) is not None and words.ordinal.match(text) is not None


def heading_rank(line: Line, body_size: float, words: Words) -> int | None:
    """Return the rank of a heading, or ``None`` for a line that is none.

    Args:
        line: a paragraph as one line.
        body_size: font size of the document's running text, points; 0 when unknown.
        words: the language's.
    """
    text = line.text.strip()
    if line.rank:
        return line.rank
    if not 3 <= len(text) <= _MOST_LENGTH or text[-1] == "/":
        return None
    rank = _rank(line, text, body_size, words, is_capitals(text))
    if rank and sum(map(str.isalpha, text)) < _LEAST_LETTERS * (len(text) - text.count(" ")):
        return None
    return rank


def _rank(line: Line, text: str, body_size: float, words: Words, capitals: bool) -> int | None:
    """Return the rank of a heading as far as the words and the face of ``line`` tell it."""
    big = body_size > 0 and line.size > 1.12 * body_size
    plain_end = text[-1] not in ".;," or (capitals and text[-1] == ".")
    numbered = _NUMBERED.match(text) if text[0].isdecimal() else None
    rank = words.heading_keyword(text, numbered.end() if numbered else 0)
    if rank is not None:
        named = words.ordinal.match(text) is not None or ":" in text[:40]
        if capitals or ((big or line.bold) and plain_end) or (named and text[0].isupper() and plain_end):
            return rank
    if numbered and plain_end:
        depth = numbered.group(1).count(".") + 1
        if capitals or big or line.bold or (depth >= 2 and len(text) <= 120):
            return min(2 + depth, 9)
    if capitals and len(text.split()) <= 22 and (text[-1] not in ".,;" or text.count(" ") >= 2):
        return 5 if big or _ROMAN.match(text) else 6
    if not plain_end or text[0].islower():
        return None
    if big and len(text) <= 120:
        return 6
    return 7 if line.bold and len(text) <= 100 else None


@dataclass(slots=True)
class Outline:
    """The headings above the current line; ``path`` is their texts, outermost first."""

    path: tuple[str, ...] = ()
    _open: list[Heading] = field(default_factory=list)

    def enter(self, rank: int, text: str) -> None:
        """Open a heading; it closes those of its rank and below."""
        self._open = [heading for heading in self._open if heading.rank < rank][: _DEEPEST - 1]
        self._open.append(Heading(rank, " ".join(text.split())[:_MOST_LENGTH]))
        self.path = tuple(heading.text for heading in self._open)
