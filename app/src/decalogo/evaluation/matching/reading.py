"""A document's units with the points' terms in them: the start of every evaluation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from decalogo.evaluation.documents.model import Extracted
from decalogo.evaluation.fold import fold
from decalogo.evaluation.matching.columns import ColumnRoles
from decalogo.evaluation.matching.engine import Engine, engine_of
from decalogo.evaluation.matching.relevance import RelevanceRanker
from decalogo.evaluation.matching.scanner import Scanner
from decalogo.evaluation.matching.units import Unit, build_units
from decalogo.evaluation.rubric import Rubric


@dataclass(frozen=True, slots=True)
class UnitReading:
    """The units of one document.

    Attributes:
        units: in reading order; the points' terms are noted in them.
        postings: pattern id to the indexes of the units that hold it.
        ranker: relevance of the units by the rubric's terms.
        engine: the rubric's compiled patterns.
    """

    units: list[Unit]
    postings: dict[int, list[int]]
    ranker: RelevanceRanker
    engine: Engine


def read_units(document: Extracted, rubric: Rubric, headings: bool = False) -> UnitReading:
    """Divide a document into units and find the points' terms in them; ``headings``: see ``build_units``."""
    engine = engine_of(rubric)
    terms = engine.scanners[0]
    units = build_units(document, fold, ColumnRoles(rubric, fold), rubric.language, headings)
    postings: dict[int, list[int]] = {}
    scan_units(units, terms, postings)
    return UnitReading(units, postings, RelevanceRanker(rubric, engine.patterns, terms, units, postings), engine)


def scan_units(units: Sequence[Unit], scanner: Scanner, postings: dict[int, list[int]]) -> None:
    """Note in every unit which of a scanner's patterns it holds, and in ``postings`` which units hold a pattern."""
    for position, found in scanner.scan_all([unit.text for unit in units]).items():
        unit = units[position]
        unit.hits |= found
        for hit in found:
            if hit in postings:
                postings[hit].append(unit.index)
            else:
                postings[hit] = [unit.index]
