"""Recognise kinds of sections: "Diagnóstico" reports a situation, "Objetivos" states an intent."""

from __future__ import annotations

from decalogo.evaluation.fold import fold
from decalogo.evaluation.matching.patterns import Patterns
from decalogo.evaluation.rubric import Rubric


class Sections:
    """Assigns kinds to sections by their headings, as defined in the rubric's ``sections``."""

    def __init__(self, rubric: Rubric, patterns: Patterns) -> None:
        self._patterns = patterns
        self._kinds = [(kind.name, tuple(sorted(rubric.ids(kind.heading)))) for kind in rubric.data.sections]
        self._all = tuple(sorted({pattern for _, ids in self._kinds for pattern in ids}))
        self._by_heading: dict[str, str] = {}
        self._by_path: dict[tuple[str, ...], str] = {}

    def kind(self, section: tuple[str, ...]) -> str:
        """Return the kind of the innermost heading that has one; an empty string if none has.

        If a heading fits several kinds, the first one in the rubric counts.
        """
        known = self._by_path.get(section)
        if known is None:
            kinds = map(self._kind_of, reversed(section))
            known = self._by_path[section] = next((kind for kind in kinds if kind), "")
        return known

    def _kind_of(self, heading: str) -> str:
        known = self._by_heading.get(heading)
        if known is None:
            text = fold(heading)
            telling = self._kinds if self._all and self._patterns.one_stands(self._all, text) else ()
            fitting = (name for name, ids in telling if self._patterns.one_stands(ids, text))
            known = self._by_heading[heading] = next(fitting, "")
        return known
