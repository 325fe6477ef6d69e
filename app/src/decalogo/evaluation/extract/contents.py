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

    def skip(lines: list[tuple[int, int]]) -> None:
        """Go over lines without a number: three on end close a run."""
        nonlocal pending
        pending += lines
        if (count := len(pending)) > _MOST_UNNUMBERED:
            rest = pending[count - count % (_MOST_UNNUMBERED + 1) :]
            close()
            pending = rest

    for page, sheet in enumerate(sheets):
        text, folded, lines, around = sheet.text, sheet.folded, sheet.lines, furniture[page]
        leaders = _LEADER_SIGN.search(text) is not None
        titles = any(word in folded for word in words.contents_words)
        looked_at = range(len(lines)) if leaders or titles else _ending_in_numbers(sheet)
        done = 0
        for index in looked_at:
            if index in around:
                continue
            skip([(page, other) for other in range(done, index) if other not in around])
            done = index + 1
            line = lines[index]
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
            else:
                skip([(page, index)])
        skip([(page, other) for other in range(done, len(lines)) if other not in around])
    close()
    return found


def _ending_in_numbers(sheet: Sheet) -> list[int]:
    return [index for index, line in enumerate(sheet.lines) if line.text[-1].isdecimal()]


def _last_number(text: str) -> int | None:
    if not text[-1].isdecimal() or len(text) > 200 or not any(char.isalpha() for char in text):
        return None
    match = _LAST_NUMBER.search(text, len(text) - 5)
    return int(match.group()) if match else None


def _is_contents(numbers: Sequence[int], titled: bool) -> bool:
    if len(numbers) < (_LEAST_RUN_TITLED if titled else _LEAST_RUN):
        return False
    return len(set(numbers)) >= 0.5 * len(numbers)
