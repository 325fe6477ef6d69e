"""The data model of a rubric: points, dimensions, questions, and the rule of each question.

A rubric is loaded from YAML (see ``load.py``). Topics, words and thresholds are fields of this model; the code knows
only *kinds* of rules. Patterns match folded text (lower-case ASCII, no accents).
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field, model_validator

from decalogo.evaluation.rubric.clauses import Clause, Element, Name, Patterns, Strict


class Step(Strict):
    """A step of a ladder: it is reached if all elements of ``all`` and none of ``none`` are found."""

    score: float = Field(ge=0)
    all: tuple[Name, ...] = Field(min_length=1)
    none: tuple[Name, ...] = ()


class Threshold(Strict):
    """``score`` applies from ``value`` on (a share, a ratio or a count)."""

    value: float = Field(ge=0)
    score: float = Field(ge=0)


Thresholds = Annotated[tuple[Threshold, ...], Field(min_length=1)]


class Checklist(Strict):
    """Score = maximum score x number of elements found / number of elements."""

    kind: Literal["checklist"]
    elements: tuple[Element, ...] = Field(min_length=1)


class Ladder(Strict):
    """Score of the highest step that is reached."""

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
    """Share of the statements ``of`` with ``having`` in the same unit."""

    kind: Literal["ratio"]
    of: Element
    having: Element
    thresholds: Thresholds


class Coverage(Strict):
    """Share of the statements ``of`` that have content words in common with a statement ``by``.

    ``shared`` is the minimum number of common word stems. The vocabulary of the point and the ``common`` words of any
    plan do not count.
    """

    kind: Literal["coverage"]
    of: Element
    by: Element
    shared: int = Field(2, ge=1)
    common: tuple[str, ...] = ()
    thresholds: Thresholds


class Proportion(Strict):
    """Number in ``part`` divided by number in ``whole``, for the same kind of people or things.

    ``share`` finds a proportion that is stated as a percentage.
    """

    kind: Literal["proportion"]
    part: Element
    whole: Element
    share: Element
    thresholds: Thresholds


class Change(Strict):
    """|target - baseline| / baseline, from a table row, from "de X a Y", or as stated ("reducir en 10 %").

    ``row`` holds the roles of the two columns as (baseline, target).
    """

    kind: Literal["change"]
    row: tuple[Name, Name]
    from_to: Element
    by: Element
    thresholds: Thresholds


class Levels(Strict):
    """Number of elements (levels) found, scored by thresholds."""

    kind: Literal["levels"]
    elements: tuple[Element, ...] = Field(min_length=1)
    thresholds: Thresholds


Rule = Annotated[Checklist | Ladder | Ratio | Coverage | Proportion | Change | Levels, Field(discriminator="kind")]


def elements_of(rule: Rule) -> tuple[Element, ...]:
    """Return the elements that a rule asks for."""
    values = (value if isinstance(value, tuple) else (value,) for _, value in rule)
    return tuple(item for found in values for item in found if isinstance(item, Element))


class Question(Strict):
    """A question for every point.

    ``advice`` is the recommendation for one point. It may contain the point's short name and the missing elements as
    placeholders in the rubric's language (``{point}`` and ``{missing}``, ``{punto}`` and ``{faltante}``).
    ``advice_all`` is the recommendation for several points.
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
    """The terms of a point. A ``strong`` term names the point by itself; ``weak`` terms need further evidence.

    A term that overlaps a match of ``exclude`` does not count ("seguridad social" is not public safety).
    """

    strong: Patterns = Field(min_length=1)
    weak: Patterns = ()
    exclude: Patterns = ()


class Point(Strict):
    """A thematic point; ``short`` is its name in recommendations."""

    id: Annotated[str, Field(pattern=r"^P\d+$")]
    title: str
    short: str
    vocabulary: Vocabulary


class Column(Strict):
    """The role of a table column, recognised by its title.

    Attributes:
        role: name of the role. header: patterns of the title, one of which matches. none: patterns that must not match
        in the title. after: other roles, by the nearest role to the left: "Meta" after a product is another target than
        after a result.
        within: patterns, one of which matches in a title of the table or in the heading above it. A year alone is not
            sufficient.
        several: role of all but the last column with this role (a target for each year).
    """

    role: Name
    header: Patterns = Field(min_length=1)
    none: Patterns = ()
    after: dict[Name, Name] = Field({})
    within: Patterns = ()
    several: Name | None = None


class SectionKind(Strict):
    """A kind of section, recognised by patterns of its heading."""

    name: Name
    heading: Patterns = Field(min_length=1)


class Cue(Strict):
    """A mark that a learned model counts in a unit, told by patterns; no rule asks for it."""

    name: Name
    any: Patterns = Field(min_length=1)


class Rating(Strict):
    """Name and minimum percentage of a rating."""

    name: str
    at_least: float = Field(ge=0, le=100)


class RelevanceSettings(Strict):
    """Weights of the relevance (see ``relevance.py``)."""

    weak: float = Field(0.4, gt=0, le=1)
    context: float = Field(0.4, ge=0, le=1)
    heading: float = Field(0.7, ge=0, le=1)
    threshold: float = Field(1.0, gt=0)
    usual_length: int = Field(
        160, ge=20, description="Length of a unit up to which a term has its full weight, characters."
    )
    lead: int = Field(0, ge=0, description="Characters at the start of a unit in which a strong term has full weight.")
    length_weight: float = Field(
        0.3, ge=0, le=1, description="Loss of weight of a term per multiple of the usual length."
    )
    distance: int = Field(
        120, ge=0, description="Maximum distance of a match from the point's terms in a unit, characters."
    )
    exclude: Patterns = Field((), description="Spans whose words count for no point, such as the title of the plan.")


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
    """The content of a rubric file."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
    version: str
    title: str
    language: str
    last_and: str = Field(", ", description="Text before the last of several items, in recommendations.")
    max_score: float = Field(3, gt=0)
    evidence_per_element: int = Field(2, ge=1, le=10)
    relevance: RelevanceSettings = RelevanceSettings()  # type: ignore[call-arg]
    ratings: tuple[Rating, ...] = Field(min_length=1)
    expects: Expectation | None = None
    lexicon: dict[Name, Patterns] = Field({})
    sections: tuple[SectionKind, ...] = ()
    columns: tuple[Column, ...] = ()
    cues: tuple[Cue, ...] = ()
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

    @model_validator(mode="after")
    def _like_names_elements(self) -> RubricData:
        known = {f"{question}.{element.name}" for question, element in self.checked}
        for dimension in self.dimensions:
            for question in dimension.questions:
                for element in elements_of(question.rule):
                    if unknown := set(element.like) - known:
                        raise ValueError(f"{question.id}: 'like' names no checklist's element: {sorted(unknown)}")
        return self

    @property
    def checked(self) -> tuple[tuple[str, Element], ...]:
        """The elements of the checklists, each with its question's id."""
        return tuple(
            (question.id, element)
            for dimension in self.dimensions
            for question in dimension.questions
            if isinstance(question.rule, Checklist)
            for element in question.rule.elements
        )
