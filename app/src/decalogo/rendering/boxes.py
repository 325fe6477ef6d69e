"""Find a quote among the characters that PDFium sees on a page.

Evidence counts characters of the extracted page text. That text is normalised: hyphens at line ends are joined,
ligatures are split, lines are reordered, headers move. The characters that PDFium gives have another order and form.
Both are therefore reduced to their letters and digits (``squash``), and the quote is searched there:
whole, then line by line, then word by word near the last word that was found.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

Rectangle = tuple[float, float, float, float]
"""Left, top, right, bottom as shares of the page's width and height, from its top left corner."""


@dataclass(frozen=True, slots=True)
class Squashed:
    """The letters and digits of a text, folded, each with the index of the character it came from."""

    text: str
    indices: Sequence[int]


def squash(text: str) -> Squashed:
    """Return a text's letters and digits without case, accents, ligatures, blanks and signs."""
    letters: list[str] = []
    indices: list[int] = []
    for index, character in enumerate(text):
        if character.isascii():
            if character.isalnum():
                letters.append(character.lower())
                indices.append(index)
            continue
        for part in unicodedata.normalize("NFKD", character.casefold()):
            if part.isalnum():
                letters.append(part)
                indices.append(index)
    return Squashed("".join(letters), indices)


def find_quote(page_text: str, start: int, end: int, characters: str) -> list[int]:
    """Return the indices in ``characters`` that make up ``page_text[start:end]``.

    Args:
        page_text: the extracted text of the page.
        start: first character of the quote in it.
        end: the character after its last.
        characters: the page's characters as PDFium gives them.

    Returns:
        Ascending indices; empty when nothing of the quote is found.
    """
    raw, quote = squash(characters), squash(page_text[start:end])
    if not quote.text:
        return []
    share = start / max(1, len(page_text))
    before = page_text[:start]
    at = _occurrence(raw.text, quote.text, squash(before).text, squash(page_text).text, share)
    if at is not None:
        return _unique(raw, [(at, at + len(quote.text))])
    spans: list[tuple[int, int]] = []
    last = round(share * len(raw.text))
    for line in page_text[start:end].splitlines():
        found = _pieces(raw.text, line, last)
        if found:
            last = found[-1][1]
            spans += found
    return _unique(raw, spans)


def _pieces(raw: str, line: str, last: int) -> list[tuple[int, int]]:
    """Return where a line is, whole or by its words, nearest to ``last``."""
    whole = squash(line).text
    at = _nearest(raw, whole, last)
    if at is not None:
        return [(at, at + len(whole))] if whole else []
    spans = []
    for word in line.split():
        text = squash(word).text
        found = _nearest(raw, text, last) if text else None
        if found is not None:
            spans.append((found, found + len(text)))
            last = found + len(text)
    return spans


def _occurrence(raw: str, quote: str, before: str, page: str, share: float) -> int | None:
    """Return where the quote is meant: by its count among equal texts, or the one nearest to its place on the page."""
    places = list(_places(raw, quote))
    if not places:
        return None
    if len(places) == 1:
        return places[0]
    if len(places) == sum(1 for _ in _places(page, quote)):
        return places[min(sum(1 for place in _places(page, quote) if place < len(before)), len(places) - 1)]
    return min(places, key=lambda place: abs(place - share * len(raw)))


def _nearest(raw: str, text: str, last: int) -> int | None:
    if not text:
        return None
    after, ahead = raw.find(text, last), raw.rfind(text, 0, last + len(text) - 1)
    known = [place for place in (after, ahead) if place >= 0]
    return min(known, key=lambda place: abs(place - last)) if known else None


def _places(raw: str, text: str) -> Iterator[int]:
    at = raw.find(text)
    while at >= 0:
        yield at
        at = raw.find(text, at + 1)


def _unique(raw: Squashed, spans: Sequence[tuple[int, int]]) -> list[int]:
    return sorted({raw.indices[place] for start, end in spans for place in range(start, end)})


def join_boxes(boxes: Sequence[Rectangle]) -> list[Rectangle]:
    """Join the boxes of characters, in reading order, to one rectangle per run of a line."""
    joined: list[Rectangle] = []
    for box in boxes:
        if joined and _same_run(joined[-1], box):
            left, top, right, bottom = joined[-1]
            joined[-1] = (min(left, box[0]), min(top, box[1]), max(right, box[2]), max(bottom, box[3]))
        else:
            joined.append(box)
    return joined


def _same_run(run: Rectangle, box: Rectangle) -> bool:
    height = min(run[3] - run[1], box[3] - box[1])
    overlap = min(run[3], box[3]) - max(run[1], box[1])
    # Widths and heights are shares of different lengths; a gap of three heights on a portrait page is some two words.
    return overlap > 0.5 * height and -height < box[0] - run[2] < 3 * height
