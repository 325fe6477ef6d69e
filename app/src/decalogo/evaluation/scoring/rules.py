"""Apply the rule of a question. The rubric defines the elements; the code defines the kinds of rules."""

from __future__ import annotations

from decalogo.evaluation.rubric import model
from decalogo.evaluation.scoring.base import Context, Judgement
from decalogo.evaluation.scoring.elements import judge_checklist, judge_ladder, judge_levels
from decalogo.evaluation.scoring.shares import judge_coverage, judge_ratio
from decalogo.evaluation.scoring.sizes import judge_change, judge_proportion

__all__ = ["Context", "Judgement", "judge"]


def judge(rule: model.Rule, context: Context) -> Judgement:
    """Return the score and the evidence of a rule for one point of one document."""
    match rule:
        case model.Checklist():
            return judge_checklist(rule, context)
        case model.Ladder():
            return judge_ladder(rule, context)
        case model.Levels():
            return judge_levels(rule, context)
        case model.Ratio():
            return judge_ratio(rule, context)
        case model.Coverage():
            return judge_coverage(rule, context)
        case model.Proportion():
            return judge_proportion(rule, context)
        case model.Change():
            return judge_change(rule, context)
