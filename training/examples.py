"""Labelled excerpts and units as training examples: units with features and what is known of them."""

from __future__ import annotations

import bisect
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from decalogo.evaluation.documents.model import Extracted
from decalogo.evaluation.extract import extract
from decalogo.evaluation.learned.pattern_groups import add_patterns, pattern_groups
from decalogo.evaluation.learned.point_marks import point_marks
from decalogo.evaluation.matching.reading import read_units, scan_units
from decalogo.evaluation.matching.sections import Sections
from decalogo.evaluation.rubric import Rubric

HERE = Path(__file__).parent


@dataclass
class Example:
    """One excerpt, divided into units.

    Attributes:
        id: of the excerpt.
        plan: the document it was taken from; cross-validation leaves whole plans out.
        point: the point its labels are about, "" for windows whose units are labelled one by one.
        labels: label key to 1, 0 or "?".
        units: the units.
        section_kinds: the kind of each unit's section.
        marks: point marks of each unit.
        patterns: a row per unit, a column per group of patterns: whether it stands in it.
        measured: whether its labels count in the figures.
        found: label keys that the rubric's patterns alone find for the point.
        proofs: label key to the units that hold its quote.
        topics: for each unit the points that it is about, or ``None`` where nobody said.
        open_topics: for each unit the points that it may be about.
        known: for windows: (units, keys that they state, keys that are open).
        document: the extracted text.
    """

    id: str
    plan: str
    point: str
    labels: dict[str, Any]
    units: list[Any]
    section_kinds: list[str]
    marks: list[list[int]]
    patterns: Any
    document: Extracted
    measured: bool = True
    found: set[str] = field(default_factory=set)
    proofs: dict[str, list[int]] = field(default_factory=dict)
    topics: list[set[str] | None] = field(default_factory=list)
    open_topics: list[set[str]] = field(default_factory=list)
    known: list[tuple[list[int], set[str], set[str]]] = field(default_factory=list)


class Corpus:
    """The texts that labels refer to: files by path, decoded as the labels say, checked against their hashes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._texts: dict[Path, str] = {}
        self._pages: dict[Path, list[str]] = {}

    def text(self, entry: dict[str, Any]) -> str:
        """Return an excerpt's text; raises ``ValueError`` if it is not what was labelled."""
        text = self._whole(entry)[entry["start"] : entry["end"]]
        if hashlib.sha256(text.encode()).hexdigest() != entry["sha256"]:
            raise ValueError(f"{entry['id']}: {entry['file']} is not the file that was labelled")
        return text

    def _whole(self, entry: dict[str, Any]) -> str:
        path = self._folder / entry["file"]
        if "pages" in entry:
            if path not in self._pages:
                self._pages[path] = [page.text for page in extract(path.read_bytes()).pages]
            first, last = entry["pages"]
            return "\n".join(self._pages[path][first - 1 : last])
        if path not in self._texts:
            self._texts[path] = _plain_text(path)
        return self._texts[path]


def _plain_text(path: Path) -> str:
    return path.read_bytes().decode("cp1252", "replace").replace("\r\n", "\n").replace("\r", "\n")


def read_example(entry: dict[str, Any], labels: dict[str, Any], text: str, rubric: Rubric) -> Example:
    """Divide an excerpt into units and put its labels on them."""
    clean = "".join(sign if sign >= " " or sign in "\n\t\f" else " " for sign in text)
    return _example(entry, labels, text, extract(clean.encode(), language=rubric.language), rubric)


def read_reviews(files: Iterable[Path], texts: Corpus, names: dict[str, str], rubric: Rubric) -> list[Example]:
    """Return reviews that an appliance exported, one example per document and point.

    Args:
        files: JSON Lines of ``GET /api/v1/batch/{job_id}/labels``.
        texts: holds the originals, each under its SHA-256 as name.
        names: label key to element name; elements without a key are left out, keys without a review are open.
        rubric: the rubric they were reviewed for.
    """
    examples = []
    for file in files:
        for line in file.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            examples.append(read_example(row, review_labels(row, names), texts.text(row), rubric))
    return examples


def review_labels(row: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """Return labels and spans of a reviewed document by label key."""
    exported = {key: f"{key.partition('.')[0]}.{name}" for key, name in names.items()}
    return {
        "labels": {key: row["labels"].get(name, "?") for key, name in exported.items()},
        "spans": {key: row["spans"][name] for key, name in exported.items() if name in row["spans"]},
    }


def read_passages(folder: Path, names: dict[str, str], rubric: Rubric) -> list[Example]:
    """Return the short passages of ``bench/labelled`` that may be used for tuning, one example per point."""
    examples = []
    for path in sorted(folder.glob("*.yaml")):
        for item in yaml.safe_load(path.read_text(encoding="utf-8")):
            if item["part"] != "tuning":
                continue
            text = f"# Plan municipal\n\n## {item.get('section') or 'Programas'}\n\n{item['text']}\n"
            document = extract(text.encode(), language=rubric.language)
            source = item["source"]["plan"] if isinstance(item["source"], dict) else "written"
            for point, questions in item["expect"].items():
                labels = {key: _passage_label(questions, key, name) for key, name in names.items()}
                entry = {"id": f"{item['id']}-{point}", "file": source, "point": point}
                example = _example(entry, {"labels": labels}, text, document, rubric)
                example.measured = False
                examples.append(example)
    return examples


def _passage_label(questions: dict[str, list[str]], key: str, name: str) -> Any:
    question = key.partition(".")[0]
    if question not in questions or f"{name}~" in questions[question]:
        return "?"
    return int(name in questions[question])


def _example(entry: dict[str, Any], labels: dict[str, Any], text: str, document: Extracted, rubric: Rubric) -> Example:
    reading = read_units(document, rubric, headings=True)
    for scanner in reading.engine.scanners[1:]:
        scan_units(reading.units, scanner, reading.postings)
    groups = pattern_groups(rubric)
    patterns = np.zeros((len(reading.units), len(groups)), np.uint8)
    add_patterns(patterns, reading.units, range(len(reading.units)), list(groups.values()))
    sections = Sections(rubric, reading.engine.patterns)
    example = Example(
        id=entry["id"],
        plan=plan_of(entry["file"]),
        point=entry.get("point", ""),
        labels=labels.get("labels", {}),
        units=reading.units,
        section_kinds=[sections.kind(unit.section) for unit in reading.units],
        marks=point_marks(reading, rubric),
        patterns=patterns,
        document=document,
        topics=[None] * len(reading.units),
        open_topics=[set() for _ in reading.units],
    )
    place = _Places(text, document)
    for row in entry.get("units", ()):
        units = _touching(example.units, place.find(row["start"], row["end"]))
        example.known.append((units, set(row["stated"]), set(row["open"])))
        for index in units:
            example.topics[index] = (example.topics[index] or set()) | set(row["points"])
            example.open_topics[index] |= set(row.get("open_points", ()))
    for key, (start, end) in labels.get("spans", {}).items():
        example.proofs[key] = _covering(example.units, place.find(start, end))
    if "topics" in labels:
        _put_topics(example, entry["blocks"], labels["topics"], place)
    return example


def plan_of(file: str) -> str:
    """Return a plan's name from its file's."""
    return Path(file).name.split("-")[0]


def _put_topics(example: Example, blocks: list[list[int]], topics: dict[str, list[str]], place: _Places) -> None:
    starts = [place.find(start, min(end, start + 60)) for start, end in blocks]
    for index, unit in enumerate(example.units):
        middle = (unit.start + unit.end) / 2
        number = 0
        for at, found in enumerate(starts):
            if found and found[0] == unit.page and found[1] <= middle + 1:
                number = at
        example.topics[index] = set(topics.get(str(number + 1), ()))


def _touching(units: list[Any], span: tuple[int, int, int] | None) -> list[int]:
    if span is None:
        return []
    page, start, end = span
    return [unit.index for unit in units if unit.page == page and unit.start < end and unit.end > start]


def _covering(units: list[Any], span: tuple[int, int, int] | None) -> list[int]:
    """Return the units that hold most of a span."""
    if span is None:
        return []
    page, start, end = span
    shares = [
        (min(end, unit.end) - max(start, unit.start), unit.index)
        for unit in units
        if unit.page == page and unit.start < end and unit.end > start
    ]
    most = max(shares, default=(0, 0))[0]
    return [index for share, index in shares if share >= 0.5 * most]


class _Places:
    """From characters of a labelled text to page and offsets of the extracted one, which may differ in white space."""

    def __init__(self, text: str, document: Extracted) -> None:
        self._text = text
        self._from = [at for at, sign in enumerate(text) if not sign.isspace()]
        self._to = [
            (page.number, at) for page in document.pages for at, sign in enumerate(page.text) if not sign.isspace()
        ]
        self._all = "".join(sign for page in document.pages for sign in page.text if not sign.isspace())
        self._lengths = {page.number: len(page.text) for page in document.pages}

    def find(self, start: int, end: int) -> tuple[int, int, int] | None:
        wanted = "".join(sign for sign in self._text[start:end] if not sign.isspace())
        expected = bisect.bisect_left(self._from, start) * len(self._all) // max(1, len(self._from))
        best, at = None, self._all.find(wanted) if wanted else -1
        while at >= 0:
            if best is None or abs(at - expected) < abs(best - expected):
                best = at
            at = self._all.find(wanted, at + 1)
        if best is None:
            return None
        (page, first), (last_page, last) = self._to[best], self._to[best + len(wanted) - 1]
        return page, first, last + 1 if last_page == page else self._lengths[page]


def load_json_lines(path: Path) -> list[dict[str, Any]]:
    """Return the objects of a file with one a line."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
