"""Groups of the rubric's patterns that the model counts: word lists, elements and cues."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from decalogo.evaluation.matching.units import Unit
from decalogo.evaluation.rubric import Rubric
from decalogo.evaluation.rubric.clauses import Element


def pattern_groups(rubric: Rubric) -> dict[str, frozenset[int]]:
    """Return the groups with the ids of their patterns, in the rubric's order: those that are searched in text."""
    groups: dict[str, frozenset[int]] = {}
    for name in rubric.data.lexicon:
        if rubric.searched(name):
            groups[f"list {name}"] = rubric.ids((f"@{name}",))
    for question, element in _elements(rubric):
        clauses = [*element.find, *(clause for name in element.use for clause in rubric.data.finders[name])]
        ids = frozenset().union(*(rubric.ids(clause.any) for clause in clauses))
        if ids:
            groups[f"element {question} {element.name}"] = ids
    for cue in rubric.data.cues:
        groups[f"cue {cue.name}"] = rubric.ids(cue.any)
    return groups


def add_patterns(patterns: Any, units: Sequence[Unit], chosen: Sequence[int], groups: Sequence[frozenset[int]]) -> None:
    """Note in a table of units and groups which groups stand in the chosen units."""
    of_pattern: dict[int, list[int]] = {}
    for number, ids in enumerate(groups):
        for pattern in ids:
            of_pattern.setdefault(pattern, []).append(number)
    for index in chosen:
        found = [number for hit in units[index].hits for number in of_pattern.get(hit, ())]
        if found:
            patterns[index, found] = 1


def _elements(rubric: Rubric) -> Iterator[tuple[str, Element]]:
    for dimension in rubric.data.dimensions:
        for question in dimension.questions:
            for element in getattr(question.rule, "elements", ()):
                yield question.id, element
