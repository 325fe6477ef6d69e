"""Rules that score the elements found: checklist, ladder, levels."""

from __future__ import annotations

from decalogo.evaluation.rubric.clauses import Element
from decalogo.evaluation.rubric.model import Checklist, Ladder, Levels
from decalogo.evaluation.scoring.base import Context, RuleResult, by_thresholds
from decalogo.evaluation.scoring.evidence import Evidence


def _look(elements: tuple[Element, ...], context: Context) -> tuple[dict[str, bool], list[Evidence]]:
    found: dict[str, bool] = {}
    evidence: list[Evidence] = []
    for element in elements:
        quotes = context.like(element)
        if quotes is None:
            quotes = context.quote(element.name, context.matches(element, context.per_element))
        found[element.name] = bool(quotes)
        evidence += quotes
    return found, evidence


def score_checklist(rule: Checklist, context: Context, question: str) -> RuleResult:
    """Return a score in proportion to the elements found, by the model where it knows them."""
    found: dict[str, bool] = {}
    evidence: list[Evidence] = []
    for element in rule.elements:
        quotes = context.evidence(question, element)
        found[element.name] = bool(quotes)
        evidence += quotes
    score = context.max_score * sum(found.values()) / len(found)
    return RuleResult(score, found, _labels(rule.elements), tuple(evidence))


def score_ladder(rule: Ladder, context: Context) -> RuleResult:
    """Return the score of the highest step that is reached."""
    found, evidence = _look(rule.elements, context)
    reached = [
        step.score
        for step in rule.steps
        if all(found[name] for name in step.all) and not any(found[name] for name in step.none)
    ]
    return RuleResult(max(reached, default=0.0), found, _labels(rule.elements), tuple(evidence))


def score_levels(rule: Levels, context: Context) -> RuleResult:
    """Return a score by the number of levels found."""
    found, evidence = _look(rule.elements, context)
    count = sum(found.values())
    measure = {"found": float(count), "of": float(len(found))}
    return RuleResult(by_thresholds(count, rule.thresholds), found, _labels(rule.elements), tuple(evidence), measure)


def _labels(elements: tuple[Element, ...]) -> dict[str, str]:
    return {element.name: element.label for element in elements}
