"""Clauses of a rubric, and the elements that they find."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from decalogo.evaluation.rubric.number_kinds import NumberKind

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Patterns = tuple[str, ...]


class Strict(BaseModel):
    """Base class of all models: unknown fields are errors, instances are frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Clause(Strict):
    """One way to find an element: all given conditions hold in one unit of text (a sentence or a table row).

    Attributes:
        any: anchor patterns, one of which matches in the unit.
        also: patterns, one of which matches in the unit too.
        also_near: maximum distance of ``also`` from the anchor, characters.
        none: patterns that exclude the unit.
        number: kinds of numbers, one of which is in the unit.
        near: maximum distance between anchor and number, characters.
        order: position of the number: ``before`` the anchor ("300 familias") or ``after`` it.
        numbers: minimum number of numbers of these kinds in the unit (a series has more than one).
        apart: the anchor contains a word that is not a strong term of the point. "Niñas y niños" is not a separate
            group for a point about children.
        years: minimum number of different years in the unit.
        about: ``own``: the unit itself names the point. ``near``: its passage or a heading may name it instead.
        beside: shared finders, one of which matches in the unit or at most ``reach`` units away in the same section.
        reach: maximum distance for ``beside``, units.
        columns: for table rows, required content of cells by column role.
        leads: for table rows, the column whose cell begins with the anchor ("Mujeres atendidas", not "Talleres a
            mujeres").
        without: column roles that a table row must not have (a planned product is not a baseline).
    """

    any: Patterns = ()
    also: Patterns = ()
    also_near: int = Field(120, ge=0, le=1000)
    none: Patterns = ()
    number: tuple[NumberKind, ...] = ()
    near: int = Field(60, ge=0, le=1000)
    order: Literal["any", "before", "after"] = "any"
    numbers: int = Field(0, ge=0, le=20)
    apart: bool = False
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
        if self.numbers and not self.number:
            raise ValueError("'numbers' needs 'number'")
        if self.apart and not (self.any and self.about == "own"):
            raise ValueError("'apart' needs 'any' and 'about: own'")
        return self


class Element(Strict):
    """An element that a document has or lacks in text about a point.

    Attributes:
        name: key in the result's ``elements``.
        label: name in recommendations, a noun phrase in the rubric's language.
        find: clauses, one of which is sufficient.
        use: shared finders, one of which is sufficient too.
        like: elements of checklists (``Q3.budget``). With a learned model that knows them, what it finds for one of
            them counts in ladders and levels, in place of ``find`` and ``use``. Rules that compute name it as possible
            where they have no result.
        outside: kinds of sections (``sections``) in which it does not count. A diagnosis states no intent, for example.
    """

    name: Name
    label: str = Field(min_length=3)
    outside: tuple[Name, ...] = ()
    find: tuple[Clause, ...] = ()
    use: tuple[Name, ...] = ()
    like: tuple[Annotated[str, Field(pattern=r"^Q\d+\.[a-z][a-z0-9_]*$")], ...] = ()

    @model_validator(mode="after")
    def _can_be_found(self) -> Element:
        if not (self.find or self.use):
            raise ValueError("an element needs 'find' or 'use'")
        return self
