"""Rules that score numbers: the proportion of two numbers, and the change between two numbers."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise

from decalogo.evaluation.languages import Language
from decalogo.evaluation.matching.match import Match
from decalogo.evaluation.matching.units import Unit
from decalogo.evaluation.rubric.model import Change, Proportion
from decalogo.evaluation.rubric.number_kinds import NumberKind
from decalogo.evaluation.scoring.base import Context, RuleResult, by_thresholds

_RANGE = 20
"""Number of characters before a number that are searched for the start of a range."""

_NOTE_MARK = re.compile(r" ?\[\d{1,3}\]")

_COUNTED = (NumberKind.QUANTITY, NumberKind.PERCENT)


def score_proportion(rule: Proportion, context: Context) -> RuleResult:
    """Return a score by part / whole for the same kind of people or things, or by a stated percentage."""
    stated = [m for m in context.matches(rule.share) if m.number and 0 < m.number.value <= 100]
    parts = [m for m in context.matches(rule.part) if m.number and m.number.value > 0]
    wholes = [m for m in context.matches(rule.whole) if m.number and m.number.value > 0]
    elements = {rule.part.name: bool(parts), rule.whole.name: bool(wholes), rule.share.name: bool(stated)}
    labels = {element.name: element.label for element in (rule.part, rule.whole, rule.share)}
    pair = _same_kind(parts, wholes)
    if pair is not None:
        part, whole = pair
        value = _value(part) / _value(whole)
        evidence = context.quote(rule.part.name, [part]) + context.quote(rule.whole.name, [whole])
    elif stated:
        value = _value(stated[0]) / 100
        evidence = context.quote(rule.share.name, stated, 1)
    else:
        elements[rule.part.name] = elements[rule.whole.name] = False  # without a pair there is no proportion
        return RuleResult(0.0, elements, labels)
    return RuleResult(by_thresholds(value, rule.thresholds), elements, labels, evidence, {"value": round(value, 4)})


def _same_kind(parts: list[Match], wholes: list[Match]) -> tuple[Match, Match] | None:
    """Return the main target group and the most relevant population of the same noun that contains it.

    Nouns are tried in order of the relevance of their target groups. The largest target group of a noun is the main
    one. The target of another product is no population.
    """
    targets = {part.unit.index for part in parts}
    for noun in dict.fromkeys(_noun(part) for part in parts):
        main = max((part for part in parts if _noun(part) == noun), key=_value)
        for whole in wholes:
            if _noun(whole) == noun and whole.unit.index not in targets and _value(main) <= _value(whole):
                return main, whole
    return None


def _noun(match: Match) -> bytes:
    return match.anchor.split(b" ")[0][:5]


def _value(match: Match) -> float:
    return match.number.value if match.number else 0.0


def score_change(rule: Change, context: Context) -> RuleResult:
    """Return a score by the relative change of the most relevant result with a numeric baseline and target."""
    name, by = rule.from_to.name, rule.by.name
    labels = {name: rule.from_to.label, by: rule.by.label}
    changes: list[tuple[float, tuple[int, int, int], str, Match, float]] = []
    for index in sorted(context.focus.relevance):
        unit = context.finder.units[index]
        if found := _row_change(unit, rule.row):
            changes.append((-context.focus.relevance[index], found[0].order, name, *found))
    for match in context.matches(rule.from_to):
        if found := _from_to(match, context.finder.language):
            changes.append((-context.focus.relevance[match.unit.index], match.order, name, *found))
    for match in context.matches(rule.by):
        if match.number and match.number.kind is NumberKind.PERCENT and match.number.value > 0:
            relevance = context.focus.relevance[match.unit.index]
            changes.append((-relevance, match.order, by, match, match.number.value / 100))
    if not changes:
        return RuleResult(0.0, {name: False, by: False}, labels)
    changes.sort(key=lambda item: item[:3])
    _, _, element, match, value = changes[0]
    elements = {name: any(c[2] == name for c in changes), by: any(c[2] == by for c in changes)}
    evidence = context.quote(element, [match], 1)
    other = next((c for c in changes if c[2] != element), None)
    if other is not None:
        evidence += context.quote(other[2], [other[3]], 1)
    return RuleResult(by_thresholds(value, rule.thresholds), elements, labels, evidence, {"value": round(value, 4)})


def _row_change(unit: Unit, row: tuple[str, str]) -> tuple[Match, float] | None:
    if not all(role in unit.roles for role in row):
        return None
    baseline, target = (unit.cell_number(role) for role in row)
    if baseline is None or target is None or baseline.value == 0 or baseline.kind is not target.kind:
        return None
    if baseline.kind not in _COUNTED:
        return None
    start, end = min(baseline.start, target.start), max(baseline.end, target.end)
    return Match(unit, start, end, target), abs(target.value - baseline.value) / baseline.value


@lru_cache(maxsize=8)
def _patterns(language: Language) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return the patterns between the numbers of a change, and before those of a range."""
    return re.compile(language.change), re.compile(rf"(?:{language.range}) ?$")


def _from_to(match: Match, language: Language) -> tuple[Match, float] | None:
    """Return the change in a text such as "de 12 % a 10 %" or "línea base 12, meta 10", from the anchor on."""
    between, ranged = _patterns(language)
    text = match.unit.text.decode("ascii")
    numbers = [n for n in match.unit.numbers if n.kind in _COUNTED and n.start >= match.start]
    for first, second in pairwise(numbers):
        same = first.kind is second.kind or second.kind is NumberKind.PERCENT  # "de 12 a 10 %"
        if same and first.value > 0 and between.fullmatch(_NOTE_MARK.sub("", text[first.end : second.start])):
            if ranged.search(text, max(first.start - _RANGE, 0), first.start):
                continue  # "entre 5,1 a 14" is a range of values, not a change
            change = abs(second.value - first.value) / first.value
            return Match(match.unit, match.start, second.end, second), change
    return None
