"""Return whether a document is of the kind that the rubric is made for."""

from __future__ import annotations

from functools import lru_cache

from decalogo.evaluation.documents.model import Flag
from decalogo.evaluation.re2_search import Searcher, searcher
from decalogo.evaluation.rubric.model import Expectation


@lru_cache(maxsize=512)
def _term(pattern: str) -> Searcher:
    return searcher(rb"\b(?:" + pattern.encode() + rb")\b")


def kind_flags(folded: bytes, expected: Expectation | None) -> list[Flag]:
    """Return a flag ``other-kind`` where the text holds fewer of the expected terms than the rubric asks for.

    Each term counts once, however often it occurs, so length and repetition gain nothing.

    Args:
        folded: the whole text, folded.
        expected: what the rubric expects; None flags nothing.
    """
    if expected is None:
        return []
    found = sum(1 for term in expected.terms if next(_term(term)(folded), None))
    if found >= expected.at_least:
        return []
    detail = f"this does not look like {expected.name}: {found} of its {len(expected.terms)} usual terms are there"
    return [Flag("other-kind", detail)]
