"""What users check, and how load is shaped."""

from pathlib import Path
from typing import Any

import pytest

from tests.loadtest import at_root

with at_root():
    from loadtest import shapes
    from loadtest.generate import Seen, quantiles
    from loadtest.measure import flow
    from loadtest.sampler import Samples, used
    from loadtest.users.checks import field_name, unlike, unmatched
    from loadtest.users.plan import Plan, Stage

ANSWERS = [{"id": f"P{p}-D{d}-Q{q}"} for p in range(10) for d in range(6) for q in range(5)]


def document(custom_id: str, sha256: str = "aa", state: str = "succeeded") -> dict[str, str]:
    return {"custom_id": custom_id, "sha256": sha256, "state": state}


def test_a_right_result_is_one_of_300_answers_about_these_bytes() -> None:
    assert unlike({"document": {"sha256": "aa"}, "answers": ANSWERS}, "aa") == ""


def test_another_documents_result_or_missing_answers_are_wrong() -> None:
    assert "another document" in unlike({"document": {"sha256": "bb"}, "answers": ANSWERS}, "aa")
    assert unlike({"document": {"sha256": "aa"}, "answers": ANSWERS[1:]}, "aa") == "299 answers instead of 300"
    assert unlike({"document": {"sha256": "aa"}, "answers": [*ANSWERS[1:], ANSWERS[1]]}, "aa") != ""


def test_lost_doubled_and_exchanged_documents_are_told_apart() -> None:
    failed = document("c", state="failed") | {"problem": {"detail": "too large"}}
    listed = [document("a"), document("a"), document("b", "xx"), failed, document("d")]
    handed_in = dict.fromkeys("abcde", "aa")
    assert unmatched(listed, handed_in) == {
        "a": "doubled", "b": "wrong: listed with other bytes", "c": "ended failed: too large", "e": "lost",
    }  # fmt: skip


def test_a_name_with_quotes_stays_inside_its_field() -> None:
    assert field_name('el "plan"\r\nX: 1.pdf') == "el %22plan%22%0D%0AX: 1.pdf"


def test_files_in_the_page_cache_are_no_memory_of_a_service() -> None:
    memory = {"usage": 240, "stats": {"inactive_file": 10, "active_file": 75}}
    assert used({"cpu_stats": {"cpu_usage": {"total_usage": 2_000_000_000}}, "memory_stats": memory}) == (2.0, 155)


def test_a_service_that_starts_or_ends_meanwhile_is_counted_whole() -> None:
    moments: list[dict[str, Any]] = [
        {"at": 0.0, "worker": [10.0, 0]},
        {"at": 2.0, "worker": [12.0, 0], "locust": [1.0, 0]},
        {"at": 4.0, "worker": [9.0, 0], "locust": [3.0, 0]},  # one of two workers did not answer
        {"at": 6.0, "worker": [15.0, 0]},
    ]
    assert Samples(use=moments).cpu_seconds(0.0, 6.0) == {"worker": 5.0, "locust": 3.0}


def seen(*ends: float) -> Seen:
    documents = [{"at": 0.0, "seconds": end, "wrong": ""} for end in ends]
    return Seen(Plan("r1", "journey", (), 1, ()), 0.0, [], documents)


@pytest.mark.parametrize("last", [[20.0] * 4, [19.0, 20.0, 21.0, 24.0]])
def test_processes_that_work_in_waves_are_measured_by_whole_waves(last: list[float]) -> None:
    # Four processes, documents of 5 s, started after 1 s, the last wave as slow as it likes.
    assert flow(seen(*[6.0] * 4, *[11.0] * 4, *[16.0] * 4, *last), 4) == pytest.approx(3600 * 4 / 5)


def test_too_few_documents_for_waves_are_measured_over_all() -> None:
    assert flow(seen(6.0, 6.0, 11.0), 4) == pytest.approx(3600 * 3 / 11)


def test_a_plan_is_read_as_it_was_written(tmp_path: Path) -> None:
    plan = Plan("r1", "journey", ("plan-100.pdf",), 2, (Stage("a", 10, 3), Stage("b", 5, 1, pace=2.0)), workers=3)
    plan.write(tmp_path / "plan.json")
    assert Plan.read(tmp_path / "plan.json") == plan


def test_stages_follow_each_other_and_end() -> None:
    plan = Plan("r1", "journey", (), 1, (Stage("a", 10, 3), Stage("b", 5, 1)))
    found = [plan.stage_at(second) for second in (0, 9.9, 10, 14.9, 15)]
    assert [stage.name if stage else None for stage in found] == ["a", "a", "b", "b", None]


@pytest.mark.parametrize("per_hour", [40, 3600, 20_000])
def test_a_steady_shape_has_the_rate_that_was_asked_for(per_hour: float) -> None:
    (stage,) = shapes.steady(per_hour, 60, latency=5)
    assert stage.users / stage.pace * 3600 == pytest.approx(per_hour)
    assert stage.pace >= 15


def test_a_ramp_rises_past_what_is_known_to_be_borne() -> None:
    rates = [stage.users / stage.pace * 3600 for stage in shapes.ramp(1000, 20)]
    assert rates == sorted(rates)
    assert rates[0] < 1000 < rates[-1]
    assert [stage.users for stage in shapes.doubling(5, 16)] == [1, 2, 4, 8, 16]


def test_quantiles_are_values_that_were_seen() -> None:
    assert quantiles([]) == {}
    assert quantiles([3.0]) == {"p50": 3.0, "p95": 3.0, "p99": 3.0}
    assert quantiles(range(1, 101)) == {"p50": 50, "p95": 95, "p99": 99}
