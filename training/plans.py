"""Whole plans as training examples: pages, units and verdicts, with the headings and tables that stand above them.

An excerpt has lost its headings. What is labelled unit by unit is therefore read within its plan, as the evaluator
reads it, and only labelled units and some of the background become rows of the training.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from examples import HERE, Corpus, Example, Question, load_json_lines, plan_of, read_document
from pages import page_labels, read_pages
from places import Places, covering, held

from decalogo.evaluation.extract import extract
from decalogo.evaluation.learned.point_marks import MARKS_PER_POINT
from decalogo.evaluation.learned.windows import around
from decalogo.evaluation.rubric import Rubric

_BACKGROUND = 100
"""Units of each plan, evenly spread, that nobody labelled: about no point that nothing near them names."""


def read_plans(corpus: Path, rubric: Rubric, left_out: Sequence[str], keys: Sequence[str]) -> list[Example]:
    """Return one example for each plan with labelled pages, units or verdicts."""
    texts = Corpus(corpus)
    rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    points = [point.id for point in rubric.data.points]
    units = load_json_lines(HERE / "labels" / "units.jsonl")
    for row in [*units, *read_pages(), *read_verdicts(keys, points)]:
        if plan_of(row["file"]) not in left_out:
            texts.text(row)  # raises if it is not the text that was labelled
            rows[row["file"]].append(row)
    return [_Plan(texts, file, rubric, keys).example(rows[file]) for file in sorted(rows)]


def read_verdicts(keys: Sequence[str], points: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield the verdicts as rows of one unit each, which leave open all points and keys that were not asked."""
    for path in sorted((HERE / "labels").glob("verdicts-*.jsonl")):
        for row in load_json_lines(path):
            about, states = row["about"], row["states"]
            unit = {
                "start": 0,
                "end": row["end"] - row["start"],
                "points": [row["point"]] if about == 1 else [],
                "open_points": [point for point in points if point != row["point"] or about == "?"],
                "stated": [row["key"]] if states == 1 else [],
                "open": [key for key in keys if key != row["key"] or states == "?"],
            }
            yield {**row, "units": [unit]}


class _Plan:
    """One plan of the corpus, and where its labelled characters are in it."""

    def __init__(self, texts: Corpus, file: str, rubric: Rubric, keys: Sequence[str]) -> None:
        self._document = extract(texts.path(file).read_bytes(), language=rubric.language)
        self._example = read_document({"id": file, "file": file}, self._document, rubric)
        self._pages = [page.text for page in self._document.pages]
        self._text = texts.plain_text(file) if file.endswith(".txt") else "\n".join(self._pages)
        self._place = Places(self._text, self._document)
        self._keys = frozenset(keys)
        self._points = [point.id for point in rubric.data.points]
        self._by_page: dict[int, list[Any]] = defaultdict(list)
        for unit in self._example.units:
            self._by_page[unit.page].append(unit)

    def example(self, rows: Sequence[dict[str, Any]]) -> Example:
        """Return the plan with the labels of some rows."""
        used: set[int] = set()
        for row in rows:
            found = self._put(row)
            used.update(found)
            self._ask(row, sorted(found))
        count = len(self._example.units)
        used.update(range(0, count, max(1, count // _BACKGROUND)))
        self._example.used = sorted(used)
        self._example.named_near = named_near(self._example.marks, len(self._points))
        return self._example

    def _put(self, row: dict[str, Any]) -> set[int]:
        """Put the labels of a row's units on the plan's and return these."""
        first = row["start"] + self._before(row)
        touched: set[int] = set()
        for block in row["units"]:
            units = self._units(first + block["start"], first + block["end"], held)
            touched.update(units)
            quoted = block.get("spans", {})
            self._example.known.append((units, set(block["stated"]) - set(quoted), set(block["open"]) | set(quoted)))
            for key, (start, end) in quoted.items():
                proofs = self._units(first + start, first + end, covering)
                touched.update(proofs)
                self._example.known.append((proofs, {key}, set(self._keys - {key})))
            for index in units:
                self._example.topics[index] = (self._example.topics[index] or set()) | set(block["points"])
                self._example.open_topics[index] |= set(block.get("open_points", ()))
        return touched

    def _ask(self, row: dict[str, Any], units: list[int]) -> None:
        """Add the questions that a row answers."""
        if not units:
            return
        if row.get("whole"):
            source = "passage" if row["seed"] is None else "page"
            for point in self._points:
                for key, label in page_labels(row, point, self._keys).items():
                    if label != "?":
                        self._example.questions.append(Question(units, point, key, int(label), source))
        elif "key" in row:
            both = row["about"], row["states"]
            if 0 in both or both == (1, 1):
                label = int(0 not in both)
                self._example.questions.append(Question(units, row["point"], row["key"], label, "verdict"))

    def _units(self, start: int, end: int, choose: Any) -> list[int]:
        span = self._place.find(start, end)
        found: list[int] = choose(self._by_page[span[0]], span) if span else []
        return found

    def _before(self, row: dict[str, Any]) -> int:
        """Return the characters of the text before the pages that a row's offsets refer to."""
        first = row.get("pages", (1, 1))[0]
        return sum(len(text) + 1 for text in self._pages[: first - 1])


def named_near(marks: Sequence[Sequence[int]], points: int) -> Any:
    """Return for each unit and point whether it is named in the unit or in one of six units before or after it."""
    named = np.zeros((len(marks), points), np.uint8)
    for index, own in enumerate(marks):
        named[index, [mark // MARKS_PER_POINT for mark in own]] = 1
    return around(named, (6, 6)) > 0
