"""Detect headings and their nesting.

A paragraph is a heading if one of these holds. The rank (1 is outermost) depends on the first one that does:

1. The format marks it as a heading: the rank comes from the file.
2. It begins with a keyword of the language ("Título", "Capítulo", "Artículo", "Programa") and is in capitals, larger
   than the running text, bold, or numbered ("Capítulo II"). The rank comes from the keyword.
3. It begins with a number ("2.1.3 Diagnóstico"), and is set apart or has at least two levels. The rank is 2 plus the
   number of levels.
4. It is in capitals: rank 5 if it is large or has a Roman numeral, otherwise 6.
5. It is larger than the running text (rank 6) or bold (rank 7), and short.

Excluded are lines that end like sentences, lines longer than 160 characters, and lines with few letters (data).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from decalogo.evaluation.documents.sheets import Line
from decalogo.evaluation.layout.words import Words

_MOST_LENGTH = 160
_DEEPEST = 6
_ROW_GAPS = 3
LEAST_TITLES = 3
"""Minimum number of column titles in the header of a flattened table."""
LEAST_NUMBERS = 3
"""Minimum number of numbers in a row of a flattened table."""
_DIGITS = re.compile(r"\d+")
_START, _FEW = 40, 4
"""A text with more than four lower-case letters among its first forty characters is not in capitals."""
_SMALL = re.compile(rf"(?:[^a-zà-öø-ÿ]*+[a-zà-öø-ÿ]){{{_FEW + 1}}}")
"""Matches more than four lower-case letters; fails fast in most lines."""
_NUMBERED = re.compile(r"^(\d{1,2}(?:\.\d{1,2}){0,6})[.)]?[-–]?\s+(?=[^\W\d_])")
_ROMAN = re.compile(r"^[IVXLC]{1,6}[.)]\s+(?=[A-ZÁÉÍÓÚÑ])")
_LEAST_LETTERS = 0.6
"""Minimum share of letters among the characters of a heading, blanks excluded. Below it, a line is data."""


def column_words(text: str, columns: frozenset[str]) -> list[str]:
    """Return the words of a line that are common column titles."""
    words = text.lower().replace("/", " ").split()
    return [] if columns.isdisjoint(words) else [word for word in words if word in columns]


def is_column_titles(text: str, found: Sequence[str]) -> bool:
    """Return whether a line consists mostly of column titles (``found``): the header of a flattened table."""
    return len(found) >= LEAST_TITLES and 2 * sum(map(len, found)) >= len(text) and text[-1] not in ".:"


@dataclass(frozen=True, slots=True)
class Heading:
    """Rank (1 is outermost) and text of a heading."""

    rank: int
    text: str


def is_capitals(text: str) -> bool:
    """Return whether a text is in capitals: at least four letters, nine in ten of them upper case."""
    if _SMALL.match(text, 0, _START):
        return False  # the usual case
    if text.isupper():
        return sum(map(str.isalpha, text)) >= 4
    if sum(map(str.islower, text[:_START])) > _FEW:
        return False
    letters = [char for char in text[:_MOST_LENGTH] if char.isalpha()]
    return len(letters) >= 10 and sum(map(str.isupper, letters)) >= 0.9 * len(letters)


def is_number_row(text: str) -> bool:
    """Return whether a line is a row of a flattened table: three or more numbers, at least half of its words."""
    blanks = text.count(" ")
    if blanks < _ROW_GAPS:
        return False
    if 2 * (len(_DIGITS.findall(text)) + sum(map(text.count, "%-–"))) <= blanks:
        return False  # prose: fewer than half of the words can be numbers
    words = text.split()
    numbers = sum(word[0].isdigit() or word[-1].isdigit() or word in "%-–" for word in words)
    return (
        numbers >= LEAST_NUMBERS
        and 2 * numbers >= len(words)
        and any(word.isalpha() and len(word) > 2 for word in words)
    )


def opens_section(text: str, words: Words) -> bool:
    """Return whether a line begins like a heading: "Artículo 12", "Eje 2.", "2.1.3 Diagnóstico"."""
    numbered = _NUMBERED.match(text)
    if numbered:
        return "." in numbered.group(1) and text[numbered.end()].isupper()
    return text[0].isupper() and words.heading_keyword(text) is not None and words.ordinal.match(text) is not None


def heading_rank(line: Line, body_size: float, words: Words) -> int | None:
    """Return the rank of a heading; ``None`` for other lines.

    Args:
        line: a paragraph as one line.
        body_size: font size of the document's running text, points; 0 if unknown.
        words: words of the language.
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
    """Return the rank by rules 2 to 5 of the module's list."""
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
    """The open headings at the current line; ``path`` holds their texts, outermost first."""

    path: tuple[str, ...] = ()
    _open: list[Heading] = field(default_factory=list)

    def enter(self, rank: int, text: str) -> None:
        """Open a heading; close those of the same or a deeper rank."""
        self._open = [heading for heading in self._open if heading.rank < rank][: _DEEPEST - 1]
        self._open.append(Heading(rank, " ".join(text.split())[:_MOST_LENGTH]))
        self.path = tuple(heading.text for heading in self._open)
