"""How a rubric says what is looked for: clauses, and the elements that are found by them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from decalogo.evaluation.rubric.number_kinds import NumberKind

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
        order: ``before``: the number stands before the anchor ("300 familias"), not after it; ``after``: after it.
        numbers: fewest numbers of these kinds in the unit (one is no series).
        apart: the anchor says more than the point's own strong words: "niñas y niños" is no group apart where they are
            what the point is about.
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
