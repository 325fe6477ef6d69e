"""Load tests other than rows: the country in batches, urgent documents of a sweep, and a report of each."""

import copy
import json
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from tests.loadtest import ROOT, at_root

with at_root():
    from loadtest import people, presets, reach, report, scenarios, sweeps, tables, verdict
    from loadtest.generate import Seen
    from loadtest.rows import Host, rows
    from loadtest.sampler import Samples
    from loadtest.stack import Stack
    from loadtest.users.plan import Plan

ROW = rows()["2c4g"]
# What was measured last: its rows hold phases as every part has them.
MEASURED: dict[str, Any] = json.loads((ROOT / "docs/tuning/report.json").read_text(encoding="utf-8"))
PHASE = MEASURED["rows"][0]["phases"]["backlog"] | {"pages": 300.0, "locust_workers": 2}


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stack:
    """Return a stack that nothing is asked of."""
    for name in ("apply", "write_access"):
        monkeypatch.setattr(Stack, name, lambda *_, **__: None)
    for module in (scenarios, sweeps):
        monkeypatch.setattr(module, "warm_up", lambda *_: 0.0)
    (tmp_path / "run").mkdir()
    return Stack(Host(2, 4096, 2048), tmp_path / "run", 2)


@pytest.mark.parametrize(("refusals", "asked"), [(0, 1), (2, 3), (3, 3)])
def test_an_engine_that_holds_on_to_a_network_is_asked_three_times_to_delete_it(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, refusals: int, asked: int
) -> None:
    tries: list[str] = []

    def compose(*arguments: str, **_: Any) -> None:
        tries.append(arguments[-1])
        if len(tries) <= refusals:
            raise SystemExit("network has active endpoints")

    monkeypatch.setattr(stack, "compose", compose)
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    with pytest.raises(SystemExit) if refusals == 3 else nullcontext():
        stack.delete()
    assert len(tries) == asked


@pytest.mark.parametrize(
    ("count", "mib", "batches"),
    [(20, 1, [(1, 20)]), (50, 1, [(2, 25)]), (53, 1, [(2, 25), (1, 3)]), (7, 40, [(3, 2), (1, 1)])],
)
def test_the_country_is_so_many_documents_in_batches_that_fit(
    stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int, mib: int, batches: list[tuple[int, int]]
) -> None:
    loaded = []

    def load(
        _stack: Stack, kind: str, files: tuple[str, ...], stages: Any, batch: int, follow: float
    ) -> tuple[Seen, Samples]:
        (stage,) = stages
        loaded.append((stage.users, batch))
        assert follow >= 3600
        done = [{"at": 0.0, "seconds": 9.0, "wrong": "", "pages": 40}] * (stage.users * batch)
        ledger = [{"accepted": 0.0, "finished": 0.0, "lost_attempts": 0.0, "redis_bytes": 0.0, "at": 0.0}]
        samples = Samples(ledger=[m | dict.fromkeys(("queued", "running"), 0.0) for m in ledger])
        return Seen(Plan("r1", kind, files, batch, stages), 0.0, [], done), samples

    monkeypatch.setattr(scenarios, "load", load)
    plan = tmp_path / "plan.pdf"
    with plan.open("wb") as file:
        file.truncate(mib << 20)
    found = scenarios.country(stack, ROW, count, [plan], tmp_path)
    assert loaded == batches
    assert found["phase"]["right"] == found["documents"] == count
    assert found["pages"] == 40
    assert found["wrong"] == []


def test_an_urgent_document_that_could_not_be_measured_is_a_problem_of_its_value(
    stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (stack.folder / "token").write_text("token")
    stack.environment["HTTPS_PORT"] = "1"
    plan = Plan("r1", "journey", (), 1, ())
    monkeypatch.setattr(sweeps, "load", lambda *_: (Seen(plan, 0.0, [], []), Samples()))
    monkeypatch.setattr(sweeps, "phase", lambda *_: PHASE)
    monkeypatch.setattr(sweeps, "SWEEPS", {"prefetch": (("4", {"WORKER_PREFETCH": "4"}),)})
    (point,) = sweeps.all_sweeps(stack, ROW, 0.1, [], tmp_path)["prefetch"]
    (why,) = point["wrong"]
    assert why.startswith("urgent document 1: ")


def test_every_preset_is_run_with_its_own_settings_on_the_processors_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Stack, "compose", lambda *_, **__: "")
    stack = Stack(Host(2, 4096, 2048), tmp_path)
    for name in presets.PRESETS:
        settings = presets._settings(name)
        assert settings.keys() >= sweeps.DEFAULTS.keys()
        stack.apply(ROW, **settings)
        assert stack.environment["WORKER_REPLICAS"] == settings["WORKER_REPLICAS"]
        assert float(stack.environment["WORKER_CPUS"]) <= 2


def sweep_point(value: str, wrong: list[str]) -> dict[str, Any]:
    return {
        "value": value, "per_hour": 3000.0, "urgent_p95": 1.5, "cpu_seconds_worker": 1.0, "worker_mib": 300,
        "redeliveries": 0.0, "host_busy": 0.9, "wrong": wrong,
    }  # fmt: skip


def whole() -> dict[str, Any]:
    """Return a report with a row and every part, of which one value of a sweep and the soak are wrong."""
    found = copy.deepcopy(MEASURED)
    found["rows"], found["saturation"] = found["rows"][:1], found["saturation"][:1]
    found["country"] = {"documents": 60, "pages": 300.0, "minutes": 1.0, "phase": PHASE, "wrong": [], "of": "plans"}
    slopes = {"worker": {"level_mib": 300.0, "mib_per_hour": 40.0}}
    found["soak"] = {"per_hour": 1000.0, "minutes": 30.0, "slopes": slopes, "phase": PHASE, "wrong": ["it grows"]}
    points = [sweep_point("1", []), sweep_point("2", ["1 documents lost"])]
    found["sweeps"] = dict.fromkeys(sweeps.SWEEPS, points)
    killed = {"processes": 16, "result_p50": 4.0, "in_progress": 16, "restarted": 3, "done_after": 12.5}
    found["presets"] = [sweep_point("default", []) | killed, sweep_point("cost", ["1 documents lost"]) | killed]
    return found


def test_a_report_shows_every_part_with_its_picture_and_its_problems(tmp_path: Path) -> None:
    page = report.write(whole(), tmp_path).read_text(encoding="utf-8")
    for name in ("country", "soak", "sweep-concurrency", "sweep-prefetch", "sweep-tasks_per_child"):
        assert (tmp_path / f"{name}.png").stat().st_size > 5000
    assert "<td>+40.0</td>" in page
    assert "<td>3 of 16</td><td>12.5</td>" in page
    for problem in ("soak: it grows", "sweep prefetch 2: 1 documents lost", "preset cost: 1 documents lost"):
        assert f"<li class=fail>{problem}" in page
        assert f"- FAILED {problem}" in (tmp_path / "results.md").read_text(encoding="utf-8")
    assert len(verdict.problems(whole())) == 5


def test_a_report_of_the_country_alone_says_nothing_of_rows(tmp_path: Path) -> None:
    found = {**whole(), "rows": []}
    for part in ("model", "saturation", "scaling", "sweeps", "presets", "soak"):
        found.pop(part)
    page = report.write(found, tmp_path).read_text(encoding="utf-8")
    assert "Documents of the country run: plans." in page
    assert "the first 100 pages" not in page
    assert "Rows larger" not in page
    assert "<td>300</td>" in page


def test_page_times_of_people_are_told_per_step_and_page_without_the_time_of_signing_in() -> None:
    stages = people.steps(8, 10.0)
    assert [stage.users for stage in stages] == [2, 3, 5, 9, 17]  # one more keeps the queue full
    requests = [
        {"kind": kind, "at": 100.0 + at, "ms": ms, "status": status, "retried": False}
        for kind, at, ms, status in (
            ("batch page", 1.0, 900.0, 200),  # while people sign in
            ("batch page", 3.0, 20.0, 200),
            ("page picture", 4.0, 40.0, 200),
            ("page picture", 5.0, 10.0, 500),
            ("upload", 6.0, 5000.0, 202),
            ("answer page", 14.0, 30.0, 200),
        )
    ]
    first, second, *_ = people.page_times(Seen(Plan("r1", "people", (), 200, stages), 100.0, requests, []))
    assert (first["name"], first["opened"], first["all"]) == ("1 session", 2, {"p50": 20.0, "p95": 40.0, "p99": 40.0})
    assert first["pages"]["batch page"]["p99"] == 20.0
    assert second["pages"]["answer page"]["p50"] == 30.0
    assert second["pages"]["batch page"] == {}
    table = tables.people_table({"people": {"steps": [step | {"bound": "CPU"} for step in (first, second)]}})
    assert table[1][:3] == ["1 session", "2", "20 / 40 / 40"]
    assert len({len(line) for line in table}) == 1


def test_the_cost_of_a_document_says_where_each_shared_service_is_saturated() -> None:
    cost = {"redis": 0.002, "nginx": 0.001, "api": 0.01, "scheduler": 0.0, "worker": 0.05}
    redis = dict(zip(reach.REDIS_COUNTERS, (40.0, 9000.0, 7000.0), strict=True))
    point = {"processes": 64, "per_hour": 19000, "ideal_per_hour": 19200, "cpu_seconds": cost, "redis": redis}
    assert reach.saturation_per_hour(point) == {"Redis": 1_800_000, "nginx": 3_600_000, "API": 720_000}
    table = tables.reach_table({"reach": [point]})
    assert len(table[0]) == len(table[1])
    assert table[1][:4] == ["64", "19,000", "0.99", "2.0"]
