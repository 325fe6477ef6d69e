"""Labelled excerpts and units as training examples: units with features and what is known of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from places import Places, covering

from decalogo.evaluation.documents.model import Extracted
from decalogo.evaluation.extract import extract
from decalogo.evaluation.learned.pattern_groups import add_patterns, pattern_groups
from decalogo.evaluation.learned.point_marks import point_marks
from decalogo.evaluation.matching.find import Finder
from decalogo.evaluation.matching.reading import UnitReading, read_units, scan_units
from decalogo.evaluation.matching.sections import Sections
from decalogo.evaluation.rubric import Rubric

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Question:
    """Whether some units state an element about a point, as somebody who read them says.

    Attributes:
        units: indexes of the units.
        point: id of the point.
        key: label key of the element.
        label: 1 or 0.
        source: one of ``decide.SOURCES``.
    """

    units: list[int]
    point: str
    key: str
    label: int
    source: str


@dataclass
class Example:
    """One excerpt or plan, divided into units.

    Attributes:
        id: of the excerpt, or the file of a plan.
        plan: the document it was taken from; cross-validation leaves whole plans out.
        point: the point its labels are about, "" for plans, whose units are labelled one by one.
        labels: label key to 1, 0 or "?".
        units: the units.
        section_kinds: the kind of each unit's section.
        marks: point marks of each unit.
        patterns: a row per unit, a column per group of patterns: whether it stands in it.
        document: the extracted text.
        reading: how the units were read.
        measured: whether its labels count in the figures.
        matched: (point, label key) to the units in which a pattern of the rubric finds the element.
        proofs: label key to the units that hold its quote.
        topics: for each unit the points that it is about, or ``None`` where nobody said.
        open_topics: for each unit the points that it may be about.
        known: for plans: (units, keys that they state, keys that are open).
        questions: what is asked of the decision.
        used: the units that become rows of the training; ``None``: all.
        named_near: for plans: for each unit and point whether a unit near it names the point.
        words: number of words of the whole text.
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
    reading: UnitReading | None
    measured: bool = True
    matched: dict[tuple[str, str], set[int]] = field(default_factory=dict)
    proofs: dict[str, list[int]] = field(default_factory=dict)
    topics: list[set[str] | None] = field(default_factory=list)
    open_topics: list[set[str]] = field(default_factory=list)
    known: list[tuple[list[int], set[str], set[str]]] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    used: list[int] | None = None
    named_near: Any = None
    words: int = 0

    def keep_used(self) -> None:
        """Keep only the units that become rows of the training."""
        if self.used is None:
            return
        place = {index: at for at, index in enumerate(self.used)}
        self.units = [self.units[index] for index in self.used]
        self.marks = [self.marks[index] for index in self.used]
        self.named_near = self.named_near[self.used]
        self.patterns = self.patterns[self.used]
        self.topics = [self.topics[index] for index in self.used]
        self.open_topics = [self.open_topics[index] for index in self.used]
        self.known = [([place[index] for index in units], stated, unsure) for units, stated, unsure in self.known]
        self.questions = [replace(one, units=[place[index] for index in one.units]) for one in self.questions]
        self.matched = {key: {place[index] for index in units} for key, units in self.matched.items()}

    def find_by_patterns(self, rubric: Rubric, names: dict[str, str]) -> None:
        """Note the units in which the rubric's patterns find an element that a question asks for."""
        if self.reading is None:
            raise ValueError(f"{self.id} was read before")
        of = {key: (key.split(".")[0], name) for key, name in names.items()}
        elements = {
            (question.id, element.name): element
            for dimension in rubric.data.dimensions
            for question in dimension.questions
            for element in getattr(question.rule, "elements", ())
        }
        finder = Finder(rubric, self.reading.engine.patterns, self.units, self.units, self.reading.postings)
        focuses = {point.id: self.reading.ranker.focus(point) for point in rubric.data.points}
        asked: dict[tuple[str, str], set[int]] = {}
        for question in self.questions:
            asked.setdefault((question.point, question.key), set()).update(question.units)
        for (point, key), units in asked.items():
            found = finder.find(elements[of[key]], focuses[point], units)
            self.matched[point, key] = {match.unit.index for match in found}
        self.reading = None


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

    def path(self, file: str) -> Path:
        """Return the path of a file of the corpus."""
        return self._folder / file

    def _whole(self, entry: dict[str, Any]) -> str:
        path = self.path(entry["file"])
        if "pages" in entry:
            if path not in self._pages:
                self._pages[path] = [page.text for page in extract(path.read_bytes()).pages]
            first, last = entry["pages"]
            return "\n".join(self._pages[path][first - 1 : last])
        return self.plain_text(entry["file"])

    def plain_text(self, file: str) -> str:
        """Return a text file of the corpus, decoded as its labels say."""
        path = self.path(file)
        if path not in self._texts:
            text = path.read_bytes().decode("cp1252", "replace")
            self._texts[path] = text.replace("\r\n", "\n").replace("\r", "\n")
        return self._texts[path]


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
    example = read_document(entry, document, rubric)
    example.labels = labels.get("labels", {})
    place = Places(text, document)
    for key, (start, end) in labels.get("spans", {}).items():
        example.proofs[key] = covering(example.units, place.find(start, end))
    if "topics" in labels:
        _put_topics(example, entry["blocks"], labels["topics"], place)
    every = list(range(len(example.units)))
    example.questions = [
        Question(every, example.point, key, int(label), "excerpt")
        for key, label in example.labels.items()
        if label != "?"
    ]
    return example


def read_document(entry: dict[str, Any], document: Extracted, rubric: Rubric) -> Example:
    """Divide a document into units, without labels."""
    reading = read_units(document, rubric, headings=True)
    for scanner in reading.engine.scanners[1:]:
        scan_units(reading.units, scanner, reading.postings)
    groups = pattern_groups(rubric)
    patterns = np.zeros((len(reading.units), len(groups)), np.uint8)
    add_patterns(patterns, reading.units, range(len(reading.units)), list(groups.values()))
    sections = Sections(rubric, reading.engine.patterns)
    return Example(
        id=entry["id"],
        plan=plan_of(entry["file"]),
        point=entry.get("point", ""),
        labels={},
        units=reading.units,
        section_kinds=[sections.kind(unit.section) for unit in reading.units],
        marks=point_marks(reading, rubric),
        patterns=patterns,
        document=document,
        reading=reading,
        topics=[None] * len(reading.units),
        open_topics=[set() for _ in reading.units],
    )


def plan_of(file: str) -> str:
    """Return a plan's name from its file's."""
    return Path(file).name.split("-")[0]


def _put_topics(example: Example, blocks: list[list[int]], topics: dict[str, list[str]], place: Places) -> None:
    starts = [place.find(start, min(end, start + 60)) for start, end in blocks]
    for index, unit in enumerate(example.units):
        middle = (unit.start + unit.end) / 2
        number = 0
        for at, found in enumerate(starts):
            if found and found[0] == unit.page and found[1] <= middle + 1:
                number = at
        example.topics[index] = set(topics.get(str(number + 1), ()))


def load_json_lines(path: Path) -> list[dict[str, Any]]:
    """Return the objects of a file with one a line."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
