"""Percentile and quartile say where a result stands among the documents of a reference."""

from __future__ import annotations

import pytest

from decalogo.evaluation.scoring.reference import Reference, make_reference, parse_reference


def reference(*documents: tuple[float, int]) -> Reference:
    return Reference("plans", "decalogo", "1", "2", documents, "0" * 64)


def test_the_best_is_in_the_highest_quartile_and_the_worst_in_the_lowest() -> None:
    known = reference(*((float(percent), 1000) for percent in range(20)))
    assert known.standing(30.0, 1000)["quartile"] == 4
    assert known.standing(30.0, 1000)["percentile"] == 100.0
    assert known.standing(-1.0, 1000)["quartile"] == 1
    assert known.standing(9.5, 1000)["percentile"] == 50.0


def test_equal_results_count_half() -> None:
    known = reference(*((10.0, 1000) for _ in range(12)))
    assert known.standing(10.0, 1000)["percentile"] == 50.0


def test_documents_of_like_length_are_compared_with_each_other() -> None:
    short = [(float(percent), 1_000) for percent in range(15)]
    long = [(50.0 + percent, 1_000_000) for percent in range(15)]
    known = reference(*short, *long)
    place = known.standing(14.5, 1_200)
    assert place["percentile"] == 50.0
    assert place["percentile_like_length"] == 100.0


def test_few_documents_give_no_percentile() -> None:
    assert reference((1.0, 10), (2.0, 10)).standing(1.5, 10) == {}


def test_a_reference_is_made_of_results_of_one_version_only() -> None:
    def result(version: str) -> dict[str, object]:
        return {
            "rubric": {"id": "decalogo", "version": version},
            "evaluator": {"version": "2"},
            "global": {"percent": 12.5},
            "document": {"characters": 500},
        }

    made = parse_reference(make_reference([("a", result("1")), ("b", result("1"))], "plans"))
    assert made.documents == ((12.5, 500), (12.5, 500))
    with pytest.raises(ValueError, match="one rubric version"):
        make_reference([("a", result("1")), ("b", result("2"))], "plans")
