"""Tables of contents: they name every topic and say nothing about it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from decalogo.evaluation.extract.layout import Sheet
from decalogo.evaluation.extract.words import Words

_LEADERS = re.compile(r"(?:\.{4}|(?:\. ){3}\.|…{2}|_{5})[\s.…_]*+(?:\d{1,4}|[ivxlc]+)?\s*+$", re.IGNORECASE)
_LAST_NUMBER = re.compile(r"(?<=[\s.…])\d{1,4}\Z")
_LEADER_REACH = 200
_LEADER_SIGN = re.compile(r"[._…](?:(?<=\.)\.\.\.|(?<=\.) \. \. \.|(?<=…)…|(?<=_)____)")
_LEAST_RUN = 8
_LEAST_RUN_TITLED = 3
_MOST_UNNUMBERED = 2
"""Lines without a number inside a run: titles that wrap."""


def find_contents(sheets: Sequence[Sheet], furniture: Sequence[set[int]], words: Words) -> list[set[int]]:
    """Return, for each sheet, the indices of its lines that belong to a table of contents."""
    found: list[set[int]] = [set() for _ in sheets]
    run: list[tuple[int, int]] = []
    numbers: list[int] = []
    pending: list[tuple[int, int]] = []
    titled = False

    def close() -> None:
        nonlocal run, numbers, pending, titled
        if run and _is_contents(numbers, titled):
            for page, index in run:
                found[page].add(index)
        run, numbers, pending, titled = [], [], [], False

    for page, sheet in enumerate(sheets):
        leaders = _LEADER_SIGN.search(sheet.text) is not None
        folded = sheet.folded
        titles = any(word in folded for word in words.contents_words)
        for index, line in enumerate(sheet.lines):
            if index in furniture[page]:
                continue
            text = line.text
            if leaders and _LEADER_SIGN.search(text) and _LEADERS.search(text, max(0, len(text) - _LEADER_REACH)):
                found[page].add(index)
            if titles and words.contents.match(folded[line.start : line.end]):
                close()
                run, titled = [(page, index)], True
                continue
            number = _last_number(text)
            if number is not None and (not numbers or numbers[-1] <= number <= numbers[-1] + 60):
                run += [*pending, (page, index)]
                pending = []
                numbers.append(number)
                continue
            pending.append((page, index))
            if len(pending) > _MOST_UNNUMBERED:
                close()
    close()
    return found


def _last_number(text: str) -> int | None:
    if not text[-1].isdecimal() or len(text) > 200 or not any(char.isalpha() for char in text):
        return None
    match = _LAST_NUMBER.search(text, len(text) - 5)
    return int(match.group()) if match else None


def _is_contents(numbers: Sequence[int], titled: bool) -> bool:
    if len(numbers) < (_LEAST_RUN_TITLED if titled else _LEAST_RUN):
        return False
    return len(set(numbers)) >= 0.5 * len(numbers)
