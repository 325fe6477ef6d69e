"""How often the evaluator is right, on passages whose answers are known."""

from __future__ import annotations

from collections import defaultdict

import pytest
from labels import Count, Decision, Labelled, decide, load_labelled

from decalogo.evaluation.rubric import load_rubric

LEAST_PRECISION, LEAST_RECALL = 0.90, 0.80


@pytest.fixture(scope="module")
def items() -> list[Labelled]:
    return load_labelled()


@pytest.fixture(scope="module")
def decisions(items: list[Labelled]) -> list[Decision]:
    return list(decide(items))


def test_the_set_asks_every_question_of_every_point_and_is_balanced(items: list[Labelled]) -> None:
    pairs = [
        (point, question, any(not name.endswith("~") for name in names))
        for item in items
        for point, questions in item.expect.items()
        for question, names in questions.items()
    ]
    present = sum(found for _, _, found in pairs)
    assert len(pairs) >= 300
    assert 0.4 < present / len(pairs) < 0.6
    rubric = load_rubric("decalogo")
    assert {point for point, _, _ in pairs} == {point.id for point in rubric.data.points}
    for number in range(1, 31):
        assert {found for _, question, found in pairs if question == f"Q{number}"} == {True, False}, number
    assert {part: sum(item.part == part for item in items) > 100 for part in ("tuning", "held-out")} == {
        "tuning": True,
        "held-out": True,
    }


@pytest.mark.parametrize("part", ["tuning", "held-out", "all"])
def test_nine_in_ten_found_are_there_and_eight_in_ten_there_are_found(decisions: list[Decision], part: str) -> None:
    count = Count()
    for decision in decisions:
        if part in (decision.part, "all"):
            count.add(decision)
    assert count.precision >= LEAST_PRECISION
    assert count.recall >= LEAST_RECALL


def test_no_question_lives_off_the_others(decisions: list[Decision]) -> None:
    counts: dict[str, Count] = defaultdict(Count)
    for decision in decisions:
        counts[decision.question].add(decision)
    weak = {name: count for name, count in counts.items() if count.precision < 0.75 or count.recall < 0.6}
    assert not weak
