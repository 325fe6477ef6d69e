"""Rules that score shares of statements: ratio and coverage."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from decalogo.evaluation.fold import LETTERS
from decalogo.evaluation.matching.match import Match
from decalogo.evaluation.rubric.model import Coverage, Ratio
from decalogo.evaluation.scoring.base import Context, RuleResult, by_thresholds

_MOST_STATEMENTS = 400
"""Maximum number of statements, most relevant first. It keeps the time linear."""

_MOST_STEMS = 50_000

_SHORTEST = 4
"""Minimum length of a content word, letters."""


def score_ratio(rule: Ratio, context: Context) -> RuleResult:
    """Return a score by the share of statements with the other element in the same unit."""
    statements = context.matches(rule.of)
    good = list(context.finder.find(rule.having, context.focus, {match.unit.index for match in statements}))
    share = len(good) / len(statements) if statements else 0.0
    evidence = context.quote(rule.having.name, good, 3) or context.quote(rule.of.name, statements)
    return RuleResult(
        by_thresholds(share, rule.thresholds),
        {rule.of.name: bool(statements), rule.having.name: bool(good)},
        {rule.of.name: rule.of.label, rule.having.name: rule.having.label},
        evidence,
        {"found": float(len(good)), "of": float(len(statements))},
    )


def score_coverage(rule: Coverage, context: Context) -> RuleResult:
    """Return a score by the share of statements ``of`` that a statement ``by`` covers.

    A statement covers another one in a different unit if both have at least ``rule.shared`` stems of content words in
    common. An index from stem to statements keeps the comparison linear in the number of common stems.
    """
    problems = context.matches(rule.of, _MOST_STATEMENTS)
    products = context.matches(rule.by, _MOST_STATEMENTS)
    stemmer = context.finder.language.stemmer
    dull = frozenset(stem_words(" ".join(rule.common).encode(), stemmer))
    indexed: dict[str, list[int]] = {}
    for number, match in enumerate(products):
        for stem in _stems(match, context, stemmer) - dull:
            indexed.setdefault(stem, []).append(number)
    pairs: list[tuple[Match, Match]] = []
    for problem in problems:
        shared: dict[int, int] = {}
        for stem in _stems(problem, context, stemmer) - dull:
            for number in indexed.get(stem, ()):
                if products[number].unit.index != problem.unit.index:
                    shared[number] = shared.get(number, 0) + 1
        best = max(shared, key=lambda number: (shared[number], -number), default=None)
        if best is not None and shared[best] >= rule.shared:
            pairs.append((problem, products[best]))
    share = len(pairs) / len(problems) if problems else 0.0
    evidence = context.quote(rule.of.name, [problem for problem, _ in pairs] or problems, 2)
    evidence += context.quote(rule.by.name, [product for _, product in pairs], 2)
    return RuleResult(
        by_thresholds(share, rule.thresholds),
        {rule.of.name: bool(problems), rule.by.name: bool(pairs)},
        {rule.of.name: rule.of.label, rule.by.name: rule.by.label},
        evidence,
        {"found": float(len(pairs)), "of": float(len(problems))},
    )


def _stems(match: Match, context: Context, stemmer: str) -> set[str]:
    """Return the stems of a unit's words, without the terms of the point."""
    text = bytearray(match.unit.text)
    for start, end in context.focus.terms(match.unit):
        text[start:end] = b" " * (end - start)
    return set(stem_words(bytes(text), stemmer))


def stem_words(text: bytes, stemmer: str) -> Iterable[str]:
    """Return the stems of the content words of a folded text. ``stemmer`` is Snowball's name of the language."""
    known = _known_stems(stemmer)
    if len(known) > _MOST_STEMS:
        known.clear()
    words = {word for word in text.translate(LETTERS).split() if len(word) >= _SHORTEST}
    return map(known.__getitem__, words)


class _Stems(dict[bytes, str]):
    """Cache of stems by word."""

    def __init__(self, stemmer: Any) -> None:
        self._stemmer = stemmer

    def __missing__(self, word: bytes) -> str:
        stem = self[word] = str(self._stemmer.stemWord(word.decode("ascii")))
        return stem


@lru_cache(maxsize=4)
def _known_stems(stemmer: str) -> _Stems:
    import Stemmer  # a native library: imported on first use

    return _Stems(Stemmer.Stemmer(stemmer))
