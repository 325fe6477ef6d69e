"""Evidence: verbatim quotes with page and offsets."""

from __future__ import annotations

from dataclasses import dataclass

from decalogo.evaluation.documents.model import Page
from decalogo.evaluation.matching.match import Match

MAX_QUOTE = 400
"""Maximum length of a quote, characters."""


@dataclass(slots=True)
class Evidence:
    """A quote that proves an element: ``pages[page - 1].text[start:end] == quote``.

    Attributes:
        element: name of the element.
        page: page number, from 1.
        start: offset of the quote in the page's text.
        end: offset after the quote.
        quote: the quote.
        matched: the part of the quote that matched.
        relevance: relevance of the unit to the point, over 0 to 1.
        found_by: "pattern" if a pattern of the rubric matches, and the strongest features of the learned model.
        confidence: probability that a careful reader agrees, percent; ``None`` without a model.
    """

    element: str
    page: int
    start: int
    end: int
    quote: str
    matched: str
    relevance: float
    found_by: tuple[str, ...] = ("pattern",)
    confidence: int | None = None

    def as_dict(self) -> dict[str, object]:
        """Return the evidence as JSON types."""
        return {
            "element": self.element,
            "page": self.page,
            "start": self.start,
            "end": self.end,
            "quote": self.quote,
            "matched": self.matched,
            "relevance": self.relevance,
            "found_by": list(self.found_by),
            "confidence": self.confidence,
        }


def quote_match(element: str, match: Match, relevance: float, pages: tuple[Page, ...]) -> Evidence:
    """Return a quote of the unit of a match, trimmed to ``MAX_QUOTE`` characters around the match."""
    unit = match.unit
    text = pages[unit.page - 1].text
    low, high = unit.start + match.start, unit.start + match.end
    if high - low > MAX_QUOTE:
        high = _end_of_word(text, low, low + MAX_QUOTE)
    start, end = unit.start, unit.end
    if end - start > MAX_QUOTE:
        room = MAX_QUOTE - (high - low)
        start = max(unit.start, low - room * 2 // 3)
        end = min(unit.end, start + MAX_QUOTE)
        start = max(unit.start, min(start, end - MAX_QUOTE))
        start, end = _whole_words(text, start, end, low, high, unit.start, unit.end)
    return Evidence(element, unit.page, start, end, text[start:end], text[low:high], relevance)


def _end_of_word(text: str, start: int, end: int) -> int:
    """Return the end of the last whole word before ``end``; ``end`` itself if there is none."""
    last = end
    while last > start and not text[last].isspace():
        last -= 1
    return start + len(text[start:last].rstrip()) if last > start else end


def _whole_words(text: str, start: int, end: int, low: int, high: int, first: int, last: int) -> tuple[int, int]:
    while first < start < low and not text[start - 1].isspace():
        start += 1
    while high < end < last and not text[end].isspace():
        end -= 1
    while start < low and text[start].isspace():
        start += 1
    while end > high and text[end - 1].isspace():
        end -= 1
    return start, end
