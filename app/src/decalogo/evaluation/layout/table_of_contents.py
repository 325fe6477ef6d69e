"""Find tables of contents. Their entries name every topic without a statement about it, so they are no evidence.

Two signs are used:

- A line with leaders ("Salud ........ 12") is an entry, wherever it is.
- A run of lines that end in rising numbers is a table of contents if it is at least 8 long, or 3 below a title such as
  "Contenido", and at least half of its numbers differ. Titles that wrap leave lines without a number: up to two in a
  row are tolerated inside a run. A number may exceed the previous one by 60 pages at most.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence

from decalogo.evaluation.documents.sheets import Sheet
from decalogo.evaluation.layout.words import Words

_LEADERS = re.compile(r"(?:\.{4}|(?:\. ){3}\.|…{2}|_{5})[\s.…_]*+(?:\d{1,4}|[ivxlc]+)?\s*+$", re.IGNORECASE)
_LAST_NUMBER = re.compile(r"(?<=[\s.…])\d{1,4}\Z")
_LEADER_REACH = 200
_LEAST_RUN = 8
_LEAST_RUN_TITLED = 3
_MOST_UNNUMBERED = 2
"""Maximum number of successive lines without a number inside a run: titles that wrap."""


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
        """Pass over lines without a number; three in a row close a run."""
        nonlocal pending
        pending += lines
        if (count := len(pending)) > _MOST_UNNUMBERED:
            rest = pending[count - count % (_MOST_UNNUMBERED + 1) :]
            close()
            pending = rest

    for page, sheet in enumerate(sheets):
        folded, lines, around = sheet.folded, sheet.lines, furniture[page]
        leaders = _has_leaders(sheet.text)
        titles = [word for word in words.contents_words if word in folded]
        done = 0
        for index in range(len(lines)) if leaders else _numbers_and_titles(sheet, titles):
            if index in around:
                continue
            if done < index:
                skip([(page, other) for other in range(done, index) if other not in around])
            done = index + 1
            line = lines[index]
            text = line.text
            if leaders and _has_leaders(text) and _LEADERS.search(text, max(0, len(text) - _LEADER_REACH)):
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


def _has_leaders(text: str) -> bool:
    """Return whether a text contains the beginning of a leader."""
    return "...." in text or ". . . ." in text or "……" in text or "_____" in text


def _numbers_and_titles(sheet: Sheet, titles: Sequence[bytes]) -> list[int]:
    """Return the lines that end in a digit or contain a word of a title of contents."""
    chosen = [index for index, line in enumerate(sheet.lines) if line.text[-1].isdecimal()]
    if not titles:
        return chosen
    starts = [line.start for line in sheet.lines]
    for title in titles:
        at = sheet.folded.find(title)
        while at >= 0:
            chosen.append(bisect_right(starts, at) - 1)
            at = sheet.folded.find(title, at + 1)
    return sorted(set(chosen))


def _last_number(text: str) -> int | None:
    if not text[-1].isdecimal() or len(text) > 200 or not any(map(str.isalpha, text)):
        return None
    match = _LAST_NUMBER.search(text, len(text) - 5)
    return int(match.group()) if match else None


def _is_contents(numbers: Sequence[int], titled: bool) -> bool:
    if len(numbers) < (_LEAST_RUN_TITLED if titled else _LEAST_RUN):
        return False
    return len(set(numbers)) >= 0.5 * len(numbers)
