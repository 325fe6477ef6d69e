"""Apply the rule of a question. The rubric defines the elements; the code defines the kinds of rules."""

from __future__ import annotations

from decalogo.evaluation.rubric import model
from decalogo.evaluation.scoring.base import Context, RuleResult
from decalogo.evaluation.scoring.elements import score_checklist, score_ladder, score_levels
from decalogo.evaluation.scoring.shares import score_coverage, score_ratio
from decalogo.evaluation.scoring.sizes import score_change, score_proportion

__all__ = ["Context", "RuleResult", "apply_rule"]


def apply_rule(rule: model.Rule, context: Context) -> RuleResult:
    """Return the score and the evidence of a rule for one point of one document."""
    match rule:
        case model.Checklist():
            return score_checklist(rule, context)
        case model.Ladder():
            return score_ladder(rule, context)
        case model.Levels():
            return score_levels(rule, context)
        case model.Ratio():
            return score_ratio(rule, context)
        case model.Coverage():
            return score_coverage(rule, context)
        case model.Proportion():
            return score_proportion(rule, context)
        case model.Change():
            return score_change(rule, context)
