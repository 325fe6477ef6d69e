"""What a rubric is: points, dimensions, questions, and the rule of each question, as validated data.

A rubric is read from YAML (see ``load.py``). Everything that names a topic, a word or a threshold is here as a field,
so that Python knows only *kinds* of rules. Patterns are written on folded text (lower-case ASCII, no accents).
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from decalogo.evaluation.matching.numbers import NumberKind

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Patterns = tuple[str, ...]


class Strict(BaseModel):
    """Base of all parts: unknown fields are errors, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Clause(Strict):
    """One way to find an element: all conditions given hold in one unit of text (a sentence or a table row).

    Attributes:
        any: anchor patterns, one of which stands in the unit.
        also: patterns, one of which stands in the unit too, at most ``also_near`` characters from the anchor.
        none: patterns that make the unit not count.
        number: kinds of number, one of which stands in the unit (with ``any``: within ``near`` characters of it).
        near: greatest distance between anchor and number, characters.
        order: ``before``: the number stands before the anchor ("300 familias"), not after it.
        years: fewest different years in the unit.
        about: ``own``: the unit itself names the point; ``near``: its passage or heading may name it instead.
        beside: shared finders, one of which matches in the unit or at most ``reach`` units away in the same section.
        reach: distance for ``beside``, units.
        columns: for table rows, column role to what its cell holds.
        leads: for table rows, the column whose cell begins with the anchor ("Mujeres atendidas", not "Talleres a
            mujeres").
        without: column roles a table row must not have (a planned product is no baseline).
    """

    any: Patterns = ()
    also: Patterns = ()
    also_near: int = Field(120, ge=0, le=1000)
    none: Patterns = ()
    number: tuple[NumberKind, ...] = ()
    near: int = Field(60, ge=0, le=1000)
    order: Literal["any", "before"] = "any"
    years: int = Field(0, ge=0, le=20)
    about: Literal["own", "near"] = "near"
    beside: tuple[Name, ...] = ()
    reach: int = Field(0, ge=0, le=5)
    columns: dict[Name, Literal["text", "number"]] = {}
    leads: Name | None = None
    without: tuple[Name, ...] = ()

    @model_validator(mode="after")
    def _says_something(self) -> Clause:
        if not (self.any or self.number or self.columns or self.years):
            raise ValueError("a clause needs at least one of: any, number, years, columns")
        if self.leads and not (self.any and self.leads in self.columns):
            raise ValueError("'leads' needs 'any', and its column among 'columns'")
        return self


class Element(Strict):
    """Something a document has or has not, near text about the point.

    Attributes:
        name: key in the result's ``elements``.
        label: how a recommendation names it (Spanish noun phrase).
        find: clauses, one of which is enough.
        use: shared finders that count too.
        outside: kinds of section (``sections``) in which it does not count: what a diagnosis reports is no intent.
    """

    name: Name
    label: str = Field(min_length=3)
    outside: tuple[Name, ...] = ()
    find: tuple[Clause, ...] = ()
    use: tuple[Name, ...] = ()

    @model_validator(mode="after")
    def _can_be_found(self) -> Element:
        if not (self.find or self.use):
            raise ValueError("an element needs 'find' or 'use'")
        return self


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
    after: dict[Name, Name] = {}
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
    lexicon: dict[Name, Patterns] = {}
    sections: tuple[SectionKind, ...] = ()
    columns: tuple[Column, ...] = ()
    finders: dict[Name, tuple[Clause, ...]] = {}
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
