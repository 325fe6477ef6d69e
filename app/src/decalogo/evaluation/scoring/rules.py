"""Apply the rule of a question. The rubric defines the elements; the code defines the kinds of rules."""

from __future__ import annotations

from decalogo.evaluation.rubric import model
from decalogo.evaluation.rubric.clauses import Element
from decalogo.evaluation.scoring.base import Context, RuleResult
from decalogo.evaluation.scoring.elements import score_checklist, score_ladder, score_levels
from decalogo.evaluation.scoring.shares import score_coverage, score_ratio
from decalogo.evaluation.scoring.sizes import score_change, score_proportion

__all__ = ["Context", "RuleResult", "apply_rule"]


def apply_rule(question: model.Question, context: Context) -> RuleResult:
    """Return the score and the evidence of a question's rule for one point of one document."""
    result = _scored(question, context)
    if not result.score:
        missing = [element for element in _counting(question.rule) if not result.elements[element.name]]
        result.possible = context.possible(question.id, missing)
    return result


def _counting(rule: model.Rule) -> list[Element]:
    """Return the elements that can raise the score: those of a ladder that no step asks for only describe."""
    elements = model.elements_of(rule)
    if isinstance(rule, model.Ladder):
        asked = {name for step in rule.steps for name in step.all}
        return [element for element in elements if element.name in asked]
    return list(elements)


def _scored(question: model.Question, context: Context) -> RuleResult:
    match question.rule:
        case model.Checklist() as rule:
            return score_checklist(rule, context, question.id)
        case model.Ladder() as rule:
            return score_ladder(rule, context)
        case model.Levels() as rule:
            return score_levels(rule, context)
        case model.Ratio() as rule:
            return score_ratio(rule, context)
        case model.Coverage() as rule:
            return score_coverage(rule, context)
        case model.Proportion() as rule:
            return score_proportion(rule, context)
        case model.Change() as rule:
            return score_change(rule, context)
