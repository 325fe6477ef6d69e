"""Comparing documents: ranks, distributions, and the memory it takes."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decalogo.errors import RequestError
from decalogo.evaluation import Evaluation
from decalogo.reports import COMPARISONS, Evaluated, NotEvaluated, roll_up
from decalogo.reports.archive import reports_zip, slug

RUBRIC = {"id": "decalogo", "version": "1.0.0", "sha256": "0" * 64}


def small(percent: float | None, **more: Any) -> dict[str, Any]:
    """A result of one question."""
    score = None if percent is None else percent * 3 / 100
    answer = {
        "id": "P1-D1-Q1", "point": "P1", "dimension": "D1", "question": "Q1", "applicable": score is not None,
        "score": score, "elements": {}, "evidence": [], "measure": None, "recommendation": "",
    }  # fmt: skip
    return {
        "schema_version": 1,
        "evaluator": {"name": "test", "version": "1"},
        "rubric": RUBRIC,
        "document": {"sha256": "0" * 64, "bytes": 1, "media_type": "text/plain", "pages": 1},
        "answers": [answer],
        "matrix": {"P1": {"D1": percent}},
        "points": [{"id": "P1", "title": "Uno", "applicable": True, "percent": percent, "rating": "", "reason": None}],
        "dimensions": [{"id": "D1", "title": "Una", "percent": percent, "rating": ""}],
        "global": {"percent": percent, "rating": ""},
        "strongest": "D1",
        "weakest": "D1",
        "recommendations": [],
        "flags": [],
        "sha256": "0" * 64,
        **more,
    }


def test_documents_are_ranked_and_equals_share_a_rank() -> None:
    whole = roll_up(
        Evaluated(name, small(p)) for name, p in [("c", 20.0), ("b", 50.0), ("a", 50.0), ("d", None), ("e", 90.0)]
    )
    ranks = [(document["rank"], document["name"]) for document in whole["documents"]]
    assert ranks == [(1, "e"), (2, "a"), (2, "b"), (4, "c"), (None, "d")]


def test_a_distribution_is_described_by_its_five_numbers_and_ratings() -> None:
    whole = roll_up(Evaluated(str(p), small(float(p))) for p in (10, 20, 30, 40, 90))
    point = whole["points"][0]
    assert [point[key] for key in ("min", "q1", "median", "q3", "max", "mean", "count")] == [10, 20, 30, 40, 90, 38, 5]
    assert point["ratings"] == {"excelente": 1, "bueno": 0, "satisfactorio": 0, "insuficiente": 1, "deficiente": 3}
    assert whole["questions"] == [
        {"dimension": "D1", "id": "Q1", "title": "Línea base cuantitativa", "mean": 38.0, "answers": 5}
    ]


@settings(max_examples=40)
@given(st.lists(st.none() | st.integers(0, 100), max_size=12), st.randoms())
def test_order_of_arrival_changes_nothing_and_every_form_can_be_made(percents: list[int | None], random: Any) -> None:
    documents = [Evaluated(f"d{i}", small(None if p is None else float(p))) for i, p in enumerate(percents)]
    whole = roll_up(documents)
    random.shuffle(documents)
    assert roll_up(documents) == whole
    for name in ("html", "csv", "json"):
        assert COMPARISONS[name].render(whole)


def test_two_rubrics_are_not_compared_and_two_versions_are_pointed_out() -> None:
    other = small(1.0, rubric=RUBRIC | {"id": "other"})
    with pytest.raises(RequestError, match="decalogo and other"):
        roll_up([Evaluated("a", small(1.0)), Evaluated("b", other)])
    assert not roll_up([Evaluated("a", small(1.0)), Evaluated("b", small(2.0))])["mixed"]
    assert roll_up([Evaluated("a", small(1.0)), Evaluated("b", small(2.0, rubric=RUBRIC | {"sha256": "1" * 64}))])[
        "mixed"
    ]


def test_a_countrys_results_are_never_in_memory_together(plan: Evaluation) -> None:
    content = plan.to_json()

    def country() -> Iterator[Evaluated]:
        for number in range(1103):
            yield Evaluated(f"municipio {number}", orjson.loads(content) if number < 3 else light)

    light = orjson.loads(content)
    for answer in light["answers"]:
        answer["evidence"] = []  # parsing 1,103 x 350 KB would take the test's time, not its point
    tracemalloc.start()
    try:
        whole = roll_up(country())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(whole["documents"]) == 1103
    assert peak < 1103 * 6_000 + 3 * 2_500_000
    assert len(COMPARISONS["html"].render(whole)) < 6_000_000


def test_the_archive_is_streamed_and_the_same_each_time(plan: Evaluation) -> None:
    taken = []

    def documents() -> Iterator[Evaluated | NotEvaluated]:
        for number in range(3):
            taken.append(number)
            yield Evaluated(f"Plan Ñuñoa/{number}", plan.result)
        yield NotEvaluated("roto", "failed", "dañado")

    stream = reports_zip(documents())
    assert len(next(stream)) > 10_000
    assert taken == [0]
    content = b"".join(reports_zip(documents()))
    assert content == b"".join(reports_zip(documents()))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert names[:2] == ["reports/0001-plan-nunoa-0.html", "reports/0001-plan-nunoa-0.json"]
        assert names[-4:] == ["index.html", "comparison.xlsx", "comparison.csv", "comparison.json"]
        assert orjson.loads(archive.read(names[1])) == plan.result
        index = archive.read("index.html").decode()
    assert 'href="reports/0003-plan-nunoa-2.html"' in index
    assert "roto" in index


@given(st.text())
def test_names_in_the_archive_are_safe_everywhere(name: str) -> None:
    made = slug(name)
    assert made.replace("-", "a").isalnum()
    assert made.isascii()
    assert 0 < len(made) <= 60
