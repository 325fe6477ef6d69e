"""What a rubric is: points, dimensions, questions, and the rule of each question, as validated data.

A rubric is read from YAML (see ``load.py``). Everything that names a topic, a word or a threshold is here as a field,
so that Python knows only *kinds* of rules. Patterns are written on folded text (lower-case ASCII, no accents).
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field, model_validator

from decalogo.evaluation.rubric.clauses import Clause, Element, Name, Patterns, Strict


class Step(Strict):
    """A step of a ladder: its score is given when all of ``all`` and none of ``none`` are found."""

    score: float = Field(ge=0)
    all: tuple[Name, ...] = Field(min_length=1)
    none: tuple[Name, ...] = ()


class Threshold(Strict):
    """``score`` is given from ``value`` on (a share, a ratio or a count)."""

    value: float = Field(ge=0)
    score: float = Field(ge=0)


Thresholds = Annotated[tuple[Threshold, ...], Field(min_length=1)]


class Checklist(Strict):
    """Score = maximum x elements found / elements."""

    kind: Literal["checklist"]
    elements: tuple[Element, ...] = Field(min_length=1)


class Ladder(Strict):
    """Score of the highest step whose elements are found."""

    kind: Literal["ladder"]
    elements: tuple[Element, ...] = Field(min_length=1)
    steps: tuple[Step, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _steps_name_elements(self) -> Ladder:
        known = {element.name for element in self.elements}
        for step in self.steps:
            if unknown := ({*step.all, *step.none} - known):
                raise ValueError(f"steps name unknown elements: {', '.join(sorted(unknown))}")
        return self


class Ratio(Strict):
    """Share of the statements ``of`` that have ``having`` in the same unit."""

    kind: Literal["ratio"]
    of: Element
    having: Element
    thresholds: Thresholds


class Coverage(Strict):
    """Share of the statements ``of`` that share content words with a statement ``by``.

    ``shared`` is the least number of word stems both have in common, beside the
    point's own vocabulary and the ``common`` words of any plan.
    """

    kind: Literal["coverage"]
    of: Element
    by: Element
    shared: int = Field(2, ge=1)
    common: tuple[str, ...] = ()
    thresholds: Thresholds


class Proportion(Strict):
    """A number stated by ``part`` over a number stated by ``whole``, of the same kind of people or things.

    ``share`` finds the proportion stated outright (a percentage).
    """

    kind: Literal["proportion"]
    part: Element
    whole: Element
    share: Element
    thresholds: Thresholds


class Change(Strict):
    """|target - baseline| / baseline, from a table row, from "de X a Y", or as stated ("reducir en 10 %").

    ``row`` names the two columns as (baseline, target).
    """

    kind: Literal["change"]
    row: tuple[Name, Name]
    from_to: Element
    by: Element
    thresholds: Thresholds


class Levels(Strict):
    """Count of the elements (levels) found, scored by thresholds."""

    kind: Literal["levels"]
    elements: tuple[Element, ...] = Field(min_length=1)
    thresholds: Thresholds


Rule = Annotated[Checklist | Ladder | Ratio | Coverage | Proportion | Change | Levels, Field(discriminator="kind")]


class Question(Strict):
    """One question asked of every point.

    ``advice`` is the recommendation for one point and may hold the point's short name and what is missing by the
    placeholders of the rubric's language (``{point}`` and ``{missing}``, ``{punto}`` and ``{faltante}``);
    ``advice_all`` is the one for a plan that fails it in several points.
    """

    id: Annotated[str, Field(pattern=r"^Q\d+$")]
    title: str
    rule: Rule
    advice: str
    advice_all: str


class Dimension(Strict):
    """A group of questions."""

    id: Annotated[str, Field(pattern=r"^D\d+$")]
    title: str
    questions: tuple[Question, ...] = Field(min_length=1)


class Vocabulary(Strict):
    """Words of a point: a ``strong`` one is about the point by itself, ``weak`` ones need company.

    A term that overlaps an ``exclude`` span does not count ("seguridad social" is no public safety).
    """

    strong: Patterns = Field(min_length=1)
    weak: Patterns = ()
    exclude: Patterns = ()


class Point(Strict):
    """A thematic point; ``short`` stands in recommendations."""

    id: Annotated[str, Field(pattern=r"^P\d+$")]
    title: str
    short: str
    vocabulary: Vocabulary


class Column(Strict):
    """A column's role, told by its title.

    Attributes:
        after: renames it by the nearest role to its left.
        within: patterns one of which stands in a title of the table or in the heading above it: a year says nothing by
            itself.
        several: the role of all but the last, where more than one column has this one (a target for each year).
    """

    role: Name
    header: Patterns = Field(min_length=1)
    none: Patterns = ()
    after: dict[Name, Name] = Field({})
    within: Patterns = ()
    several: Name | None = None


class SectionKind(Strict):
    """A kind of section, told by the patterns of its heading."""

    name: Name
    heading: Patterns = Field(min_length=1)


class Rating(Strict):
    """A rating's name and its least percentage."""

    name: str
    at_least: float = Field(ge=0, le=100)


class RelevanceSettings(Strict):
    """Weights of the ranking (see ``relevance.py``)."""

    weak: float = Field(0.4, gt=0, le=1)
    context: float = Field(0.4, ge=0, le=1)
    heading: float = Field(0.7, ge=0, le=1)
    threshold: float = Field(1.0, gt=0)
    usual_length: int = Field(160, ge=20, description="Length up to which a term counts in full, characters.")
    lead: int = Field(
        0, ge=0, description="A long unit counts in full where a strong term stands in its first so many characters."
    )
    length_weight: float = Field(0.3, ge=0, le=1, description="How much a longer unit takes from its terms.")
    distance: int = Field(
        120, ge=0, description="Farthest a match may stand from the point's words in a sentence, characters."
    )
    exclude: Patterns = Field((), description="Spans whose words count for no point (the plan's own title).")


class Expectation(Strict):
    """The kind of document that the rubric is made for, told by terms that such documents use."""

    name: str = Field(description="What such a document is called, with its article.")
    terms: Patterns = Field(min_length=1, description="Patterns on folded text; each counts once.")
    at_least: int = Field(ge=1, description="Terms that a document of this kind holds at least.")

    @model_validator(mode="after")
    def _terms_are_patterns(self) -> Expectation:
        for term in self.terms:
            try:
                re.compile(term)
            except re.error as error:
                raise ValueError(f"expects: {term!r} is no pattern: {error}") from error
        return self


class RubricData(Strict):
    """The whole rubric as it stands in the file."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
    version: str
    title: str
    language: str
    last_and: str = Field(", ", description="What stands before the last of several things, in recommendations.")
    max_score: float = Field(3, gt=0)
    evidence_per_element: int = Field(2, ge=1, le=10)
    relevance: RelevanceSettings = RelevanceSettings()  # type: ignore[call-arg]
    ratings: tuple[Rating, ...] = Field(min_length=1)
    expects: Expectation | None = None
    lexicon: dict[Name, Patterns] = Field({})
    sections: tuple[SectionKind, ...] = ()
    columns: tuple[Column, ...] = ()
    finders: dict[Name, tuple[Clause, ...]] = Field({})
    points: tuple[Point, ...] = Field(min_length=1)
    dimensions: tuple[Dimension, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _ids_are_unique(self) -> RubricData:
        questions = [question.id for dimension in self.dimensions for question in dimension.questions]
        for ids in ([p.id for p in self.points], [d.id for d in self.dimensions], questions):
            twice = sorted({name for name in ids if ids.count(name) > 1})
            if twice:
                raise ValueError(f"used twice: {', '.join(twice)}")
        if min(rating.at_least for rating in self.ratings) != 0:
            raise ValueError("ratings: the lowest one must start at 0")
        return self
