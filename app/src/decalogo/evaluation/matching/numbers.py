"""Numbers as a language's documents write them, and what kind of number each one is.

In Spanish ``1.250.000`` is a million and a quarter, ``12,4 %`` is twelve point four, ``2020-2023`` is a period, and the
numbers in "Ley 1448 de 2011", in an address, a telephone number, a date or a heading's numbering count nothing. The
words and signs are the language's data.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from decalogo.evaluation.languages import YEAR, Language
from decalogo.evaluation.re2_search import Span, searcher
from decalogo.evaluation.rubric.number_kinds import NumberKind


@dataclass(slots=True)
class Number:
    """A number with its place in the text it was read from (character offsets) and its value."""

    kind: NumberKind
    value: float
    start: int
    end: int


# A digit first, then what may not stand before it: so the engine skips to the next digit at full speed.
_NUMBER = re.compile(rb"\d(?<![\w.,/'-]\d)\d*(?:[.,']\d+)*(?!\w*@)")
_LEADING = re.compile(rb"\s*(?:\(?\d{1,3}(?:\.\d{1,3})*\.?\d{0,3}[.)\-]+ |\d{1,2}(?:\.\d{1,2})+ )(?! *%)")
_DIGIT = re.compile(rb"\d")
_YEAR_ONLY = re.compile(YEAR.encode())
_LEAST_IDENTIFIER = 7
"""Digits without separators from which on a number is an identifier or a telephone."""
_NEAR = 8
"""Characters before a number in which the sign of money is looked for."""


@lru_cache(maxsize=8)
def number_reader(language: Language) -> NumberReader:
    """Return the reader of a language's numbers."""
    return NumberReader(language)


class NumberReader:
    """Reads the numbers of folded texts."""

    def __init__(self, language: Language) -> None:
        data = language.numbers
        self._longest_quantity = data.longest_quantity
        self._thousands = data.thousands.encode()
        self._words = {word.encode(): float(value) for word, value in data.words.items()}
        self._scales = {word.encode(): float(value) for word, value in data.scales.items()}
        # What is looked for in all of a document goes by RE2: forty times as quick on the many alternatives.
        self._word = searcher(rf"\b(?:{'|'.join(data.words)})\b".encode())
        self._period = searcher(rf"\b{data.period}\b".encode())
        self._base = searcher(rf"\b{data.base}\b".encode())
        self._references = searcher(data.references.encode())
        self._scale = re.compile(rf" ({'|'.join(data.scales)})\b".encode())
        self._percent_after = re.compile(data.percent_after.encode())
        self._money_before = re.compile(rf"{data.money_before}$".encode())
        self._money_after = re.compile(data.money_after.encode())
        decimal, thousands = re.escape(data.decimal), re.escape(data.thousands)
        self._signs = str.maketrans({data.decimal: ".", data.thousands: None, "'": None})
        self._foreign_signs = str.maketrans({data.thousands: ".", data.decimal: None, "'": None})
        self._grouped = re.compile(rf"\d{{1,3}}(?:[{thousands}']\d{{3}})+(?:{decimal}\d+)?")
        self._foreign = re.compile(
            rf"\d{{1,3}}(?:[{decimal}']\d{{3}}){{2,}}(?:{thousands}\d+)?|\d{{1,3}}(?:{decimal}\d{{3}})+{thousands}\d+"
        )
        self._plain = re.compile(r"\d+(?:[.,]\d+)?")
        self._value = lru_cache(maxsize=20_000)(self.parse)

    def parse(self, text: bytes) -> float | None:
        """Return the value of one number as written (in Spanish ``1.250.000``, ``12,4``, ``1'250.000``), or ``None``.

        The sign of thousands before groups of three digits separates them; elsewhere it is taken for the decimal sign,
        as that one is for the sign of thousands where several of them separate groups of three.
        """
        written = text.decode("ascii").strip().rstrip(".,'")
        if self._grouped.fullmatch(written):
            return float(written.translate(self._signs))
        if self._foreign.fullmatch(written):
            return float(written.translate(self._foreign_signs))
        return float(written.replace(",", ".")) if self._plain.fullmatch(written) else None

    def read(self, text: bytes) -> tuple[Number, ...]:
        """Return the numbers of a folded, one-line text in order of appearance."""
        return self.read_all([text])[0]

    def read_all(self, texts: Sequence[bytes]) -> list[tuple[Number, ...]]:
        """Return the numbers of each of many folded, one-line texts: one search a pattern for all of them."""
        whole = b"\n".join(texts)
        starts, at = [], 0
        for text in texts:
            starts.append(at)
            at += len(text) + 1
        found: list[list[Number]] = [[] for _ in texts]
        for start, end in self._word(whole):
            index = bisect_right(starts, start) - 1
            low, high = starts[index], starts[index] + len(texts[index])
            kind = NumberKind.PERCENT if self._percent_after.match(whole, end, high) else NumberKind.QUANTITY
            found[index].append(Number(kind, self._words[whole[start:end]], start - low, end - low))
        if _DIGIT.search(whole):
            self._read_digits(whole, starts, texts, found)
        return [tuple(sorted(numbers, key=_place)) for numbers in found]

    def _read_digits(self, whole: bytes, starts: list[int], texts: Sequence[bytes], found: list[list[Number]]) -> None:
        references = _Spans(self._references(whole))
        periods, bases = _Spans(self._period(whole)), _Spans(self._base(whole))
        index, low, high, lead = -1, 0, -1, 0
        for match in _NUMBER.finditer(whole):
            start, written = match.start(), match.group()
            value = self._value(written)
            if value is None:
                continue
            end = start + len(written)
            if start > high:
                index = bisect_right(starts, start) - 1
                low, high = starts[index], starts[index] + len(texts[index])
                leading = _LEADING.match(whole, low, high)
                lead = leading.end() if leading else low
            if start < lead or references.hold(start):
                kind = NumberKind.REFERENCE
            elif bases.hold(start):
                kind = NumberKind.BASE
            elif periods.hold(start):
                kind = NumberKind.PERIOD
            else:
                kind = self._kind(whole, start, end, low, high)
                if kind in (NumberKind.QUANTITY, NumberKind.MONEY) and (scale := self._scale.match(whole, end, high)):
                    value, end = value * self._scales[scale.group(1)], scale.end()
            found[index].append(Number(kind, value, start - low, end - low))

    def _kind(self, text: bytes, start: int, end: int, low: int, high: int) -> NumberKind:
        """Return the kind of the number ``text[start:end]`` in a text from ``low`` to ``high``."""
        if self._percent_after.match(text, end, high):
            return NumberKind.PERCENT
        if self._money_before.search(text, max(low, start - _NEAR), start) or self._money_after.match(text, end, high):
            return NumberKind.MONEY
        if end - start == len("2000") and _YEAR_ONLY.match(text, start, end):
            return NumberKind.YEAR
        if end - start > self._longest_quantity and text.count(self._thousands, start, end) >= 2:
            return NumberKind.MONEY
        if end - start >= _LEAST_IDENTIFIER and text[start:end].isdigit():
            return NumberKind.REFERENCE
        return NumberKind.QUANTITY


def _place(number: Number) -> Span:
    return number.start, number.end


class _Spans:
    """Spans that rise, asked about offsets that rise."""

    def __init__(self, spans: Iterator[Span]) -> None:
        self._spans = spans
        self._now: Span = (-1, -1)

    def hold(self, offset: int) -> bool:
        """Tell whether an offset lies inside a span."""
        while self._now[1] <= offset:
            following = next(self._spans, None)
            if following is None:
                return False
            self._now = following
        return self._now[0] <= offset
