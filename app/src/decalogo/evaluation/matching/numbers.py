"""Read the numbers of a text, and classify them.

The format depends on the language: in Spanish, ``1.250.000`` is 1250000, ``12,4 %`` is 12.4 percent, and ``2020-2023``
is a period. Numbers in "Ley 1448 de 2011", in addresses, telephone numbers, dates and heading numbers are references:
they count nothing. Words and separators come from the language's data. The kind of a number is the first that fits:
heading number or reference, base of a rate, period, percentage, money, year, identifier, quantity.
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
    """A number: its kind, its value, and its character offsets in the text."""

    kind: NumberKind
    value: float
    start: int
    end: int


# The digit comes before the look-behind, so that the engine skips to the next digit at full speed.
_NUMBER = re.compile(rb"\d(?<![\w.,/'-]\d)\d*(?:[.,']\d+)*(?!\w*@)")
_LEADING = re.compile(rb"\s*(?:\(?\d{1,3}(?:\.\d{1,3})*\.?\d{0,3}[.)\-]+ |\d{1,2}(?:\.\d{1,2})+ )(?! *%)")
_DIGIT = re.compile(rb"\d")
_YEAR_ONLY = re.compile(YEAR.encode())
_LEAST_IDENTIFIER = 7
"""Minimum number of digits without separators of an identifier or a telephone number."""
_NEAR = 8
"""Number of characters before a number that are searched for a currency sign."""
_AMOUNT_NEAR = 80
"""Number of characters before a number that are searched for a word of budgets."""


@lru_cache(maxsize=8)
def number_reader(language: Language) -> NumberReader:
    """Return the number reader of a language."""
    return NumberReader(language)


class NumberReader:
    """Reads the numbers of folded texts in one language."""

    def __init__(self, language: Language) -> None:
        data = language.numbers
        self._longest_quantity = data.longest_quantity
        self._thousands = data.thousands.encode()
        self._words = {word.encode(): float(value) for word, value in data.words.items()}
        self._scales = {word.encode(): float(value) for word, value in data.scales.items()}
        # Patterns that are searched in the whole document use RE2: forty times as fast on many alternatives.
        self._word = searcher(rf"\b(?:{'|'.join(data.words)})\b".encode())
        self._period = searcher(rf"\b{data.period}\b".encode())
        self._base = searcher(rf"\b{data.base}\b".encode())
        self._references = searcher(data.references.encode())
        self._scale = re.compile(rf" ({'|'.join(data.scales)})\b".encode())
        self._percent_after = re.compile(data.percent_after.encode())
        self._money_before = re.compile(rf"{data.money_before}$".encode())
        self._money_after = re.compile(data.money_after.encode())
        self._amount_after = re.compile(data.amount_after.encode()) if data.amount_after else None
        self._amount_near = re.compile(data.amount_near.encode())
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
        """Return the value of a number (in Spanish ``1.250.000``, ``12,4``, ``1'250.000``); ``None`` if it has none.

        The thousands separator counts as one before groups of three digits, otherwise as a decimal separator. Several
        decimal separators before groups of three digits count as thousands separators.
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
        """Return the numbers of each folded, one-line text; one search per pattern covers all texts."""
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
        if self._amount_after and (after := self._amount_after.match(text, end, high)):
            near = max(low, start - _AMOUNT_NEAR), min(high, after.end() + _AMOUNT_NEAR // 2)
            return NumberKind.MONEY if self._amount_near.search(text, *near) else NumberKind.QUANTITY
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
    """Ascending spans, queried with ascending offsets."""

    def __init__(self, spans: Iterator[Span]) -> None:
        self._spans = spans
        self._now: Span = (-1, -1)

    def hold(self, offset: int) -> bool:
        """Return whether an offset lies inside a span."""
        while self._now[1] <= offset:
            following = next(self._spans, None)
            if following is None:
                return False
            self._now = following
        return self._now[0] <= offset
