"""The labelled passages, and the decisions of the evaluator on them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from decalogo.evaluation.pipeline import evaluate
from decalogo.evaluation.rubric import Rubric, load_rubric

FOLDER = Path(__file__).with_name("labelled")
PARTS = ("tuning", "held-out")


@dataclass(frozen=True)
class Labelled:
    """A labelled passage.

    ``expect`` holds the elements that are present, by point and question. Elements with a tilde ("name~") are not
    counted.
    """

    id: str
    part: str
    real: bool
    section: str
    text: str
    expect: dict[str, dict[str, list[str]]]

    def document(self) -> bytes:
        """Return the passage below its heading, as a Markdown document."""
        return f"# Plan municipal\n\n## {self.section or 'Programas'}\n\n{self.text}\n".encode()


@dataclass(frozen=True)
class Decision:
    """One element of one pair of question and passage: expected and found."""

    passage: str
    part: str
    real: bool
    point: str
    question: str
    kind: str
    element: str
    expected: bool
    found: bool
    quotes: tuple[str, ...] = ()


@dataclass
class Count:
    """Counts of decisions."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    def add(self, decision: Decision) -> None:
        """Count one decision. An element that is neither expected nor found is not counted."""
        self.right += decision.expected and decision.found
        self.wrong += decision.found and not decision.expected
        self.missed += decision.expected and not decision.found

    @property
    def precision(self) -> float:
        """Share of found elements that are present; 1 if none was found."""
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0

    @property
    def recall(self) -> float:
        """Share of present elements that were found; 1 if none is present."""
        return self.right / (self.right + self.missed) if self.right + self.missed else 1.0


def load_labelled(folder: Path = FOLDER) -> list[Labelled]:
    """Return all passages; raise ``ValueError`` if a part is unknown or an id is used twice."""
    found = []
    for path in sorted(folder.glob("*.yaml")):
        for item in yaml.safe_load(path.read_text(encoding="utf-8")):
            real = isinstance(item["source"], dict)
            found.append(
                Labelled(item["id"], item["part"], real, item.get("section", ""), item["text"], item["expect"])
            )
    if len({item.id for item in found}) != len(found) or {item.part for item in found} - set(PARTS):
        raise ValueError(f"{folder}: an id is used twice, or a part is not one of: {', '.join(PARTS)}")
    return found


def decide(items: Iterable[Labelled], rubric: Rubric | None = None) -> Iterator[Decision]:
    """Evaluate every passage as a document; yield the decisions on its pairs."""
    rubric = rubric or load_rubric("decalogo")
    kinds = {q.id: q.rule.kind for dimension in rubric.data.dimensions for q in dimension.questions}
    for item in items:
        answers = evaluate(item.document(), rubric).result["answers"]
        by_pair: dict[tuple[str, str], dict[str, Any]] = {(a["point"], a["question"]): a for a in answers}
        for point, questions in item.expect.items():
            for question, expected in questions.items():
                answer = by_pair[point, question]
                if unknown := {name.rstrip("~") for name in expected} - answer["elements"].keys():
                    raise ValueError(f"{item.id}: {question} has no element {', '.join(sorted(unknown))}")
                for element, found in answer["elements"].items():
                    if f"{element}~" in expected:
                        continue
                    quotes = tuple(e["matched"] for e in answer["evidence"] if e["element"] == element)
                    yield Decision(
                        item.id,
                        item.part,
                        item.real,
                        point,
                        question,
                        kinds[question],
                        element,
                        element in expected,
                        found,
                        quotes,
                    )
