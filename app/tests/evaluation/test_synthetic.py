"""The evaluator for load tests costs what it is told to and gives valid, empty results."""

from __future__ import annotations

import resource
import time
from pathlib import Path

import orjson
import pytest

from decalogo.errors import RequestError
from decalogo.evaluation.evaluators import get_evaluator
from decalogo.evaluation.options import EvaluateOptions
from decalogo.evaluation.rubric import available_rubrics, load_rubric
from decalogo.evaluation.synthetic import SyntheticCost, SyntheticEvaluator
from decalogo.settings import get_settings


def synthetic(cpu: float = 0.0, wait: float = 0.0, memory: int = 0) -> SyntheticEvaluator:
    return SyntheticEvaluator(SyntheticCost(cpu, wait, memory))


@pytest.mark.parametrize("name", available_rubrics())
def test_every_question_is_answered_with_zero_and_without_evidence(name: str) -> None:
    rubric = load_rubric(name)
    done = synthetic().evaluate(b"anything", rubric)
    assert len(done.result["answers"]) == rubric.answers
    assert {answer["score"] for answer in done.result["answers"]} == {0}
    assert not any(answer["evidence"] for answer in done.result["answers"])
    assert done.result["evaluator"]["name"] == "synthetic"
    assert [flag["code"] for flag in done.result["flags"]] == ["synthetic"]
    assert done.result["global"]["percent"] == 0


def test_a_file_and_its_bytes_give_the_same_result_whatever_the_cost(tmp_path: Path) -> None:
    file = tmp_path / "plan"
    file.write_bytes(b"a plan" * 1000)
    rubric = load_rubric("decalogo")
    first = synthetic().evaluate(file, rubric).to_json()
    assert synthetic(cpu=0.01, memory=1).evaluate(file.read_bytes(), rubric).to_json() == first
    assert orjson.loads(first)["document"]["bytes"] == 6000


def test_cpu_and_waiting_time_are_as_told() -> None:
    evaluator, rubric = synthetic(cpu=0.2, wait=0.15), load_rubric("decalogo")
    wall, cpu = time.monotonic(), time.process_time()
    evaluator.evaluate(b"x", rubric)
    spent = time.process_time() - cpu
    assert 0.2 <= spent < 0.6
    assert time.monotonic() - wall >= spent + 0.15 - 0.01


def test_the_memory_is_really_held() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    synthetic(memory=before // 1024 + 64).evaluate(b"x", load_rubric("decalogo"))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >= before + 64 * 1024


def test_points_that_do_not_apply_are_marked_and_unknown_ones_refused() -> None:
    rubric = load_rubric("decalogo")
    result = synthetic().evaluate(b"x", rubric, EvaluateOptions(not_applicable={"P9": "no prison"})).result
    assert {answer["point"] for answer in result["answers"] if not answer["applicable"]} == {"P9"}
    with pytest.raises(RequestError, match="P99"):
        synthetic().evaluate(b"x", rubric, EvaluateOptions(not_applicable={"P99": "no"}))


def test_the_entry_point_reads_its_cost_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DECALOGO_SYNTHETIC__CPU_SECONDS", "0")
    monkeypatch.setenv("DECALOGO_SYNTHETIC__WAIT_SECONDS", "0.12")
    monkeypatch.setenv("DECALOGO_SYNTHETIC__MEMORY_MIB", "0")
    get_settings.cache_clear()
    try:
        evaluator = get_evaluator("synthetic")
    finally:
        get_settings.cache_clear()
    wall = time.monotonic()
    evaluator.evaluate(b"x", load_rubric("decalogo"))
    assert time.monotonic() - wall >= 0.12
