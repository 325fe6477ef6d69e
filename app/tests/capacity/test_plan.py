"""The planner: more work never needs less machine, what it names exists, and the limits of the shared services hold."""

import json
import math
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from decalogo.capacity.model import Model
from decalogo.capacity.rows import ROWS, row_for
from decalogo.cli.main import app

ROOT = Path(__file__).resolve().parents[3]
DATA = {
    "source": "a test",
    "worker": [[100, 1.0], [300, 2.8]],
    "shared": {"redis": 0.01, "api": 0.05, "nginx": 0.02, "scheduler": 0.001},
    "others": 0.02,
    "spread": [0.9, 1.2],
    "law": [0.01, 0.0],
    "laws": [[0.005, 0.0], [0.01, 0.0], [0.02, 0.0]],
    "process_mib": 130,
    "base_mib": 700,
}
MODEL = Model.of(DATA)


def test_the_shipped_model_names_its_source_and_projects_every_row() -> None:
    model = Model.read()
    assert re.search(r"\d+ cores, .*20\d\d-\d\d-\d\d", model.source)
    for row in ROWS:
        found = model.project(row.cores * row.machines)
        assert 0 < found.low <= found.per_hour <= found.high


def test_costs_lie_on_the_line_through_the_measured_lengths() -> None:
    assert MODEL.worker_seconds(100) == pytest.approx(1.0)
    assert MODEL.worker_seconds(200) == pytest.approx(1.9)
    assert Model.of({**DATA, "worker": [[100, 1.0]]}).worker_seconds(300) == pytest.approx(3.0)
    assert Model.of({**DATA, "worker": [[100, 1.0], [300, 4.0]]}).worker_seconds(1) > 0


@given(fewer=st.floats(1, 1e5), more=st.floats(1, 1e5), pages=st.floats(10, 600))
def test_more_documents_an_hour_never_need_fewer_cores(fewer: float, more: float, pages: float) -> None:
    fewer, more = sorted((fewer, more))
    first, second = MODEL.cores_for(fewer, pages), MODEL.cores_for(more, pages)
    assert (first or math.inf) <= (second or math.inf)
    if first is not None:
        assert MODEL.project(first, pages).low >= fewer


def test_a_service_that_exists_once_is_a_ceiling_that_is_named() -> None:
    model = Model.of({**DATA, "shared": {"redis": 1.0, "api": 0.05}})
    found = model.project(512)
    assert (found.bound, found.per_hour, found.high) == ("redis", 3600, 3600)


def test_rows_of_the_planner_are_profiles_with_those_numbers() -> None:
    for row in ROWS:
        text = (ROOT / f"config/profiles/{row.name}.env").read_text(encoding="utf-8")
        found = {key: int(value) for key, value in re.findall(r"^(\w+)=(\d+)$", text, re.MULTILINE)}
        assert (found["PROFILE_CORES"], found["PROFILE_MEMORY_GB"]) == (row.cores, row.memory_gb)
        assert found.get("PROFILE_MACHINES", 1) == row.machines
        assert found["WORKER_REPLICAS"] * found["WORKER_CONCURRENCY"] * row.machines == row.processes
    assert row_for(3, 5).name == "4c8g"  # type: ignore[union-attr]
    assert row_for(8, 20).name == "16c32g-balanced"  # type: ignore[union-attr]
    assert row_for(1000, 1) is None


def test_the_command_answers_with_cores_memory_and_profile() -> None:
    done = CliRunner().invoke(app, ["plan", "--docs", "1103", "--pages", "300", "--hours", "1", "--json"])
    assert done.exit_code == 0, done.output
    answer = json.loads(done.output)
    low, high = answer["interval_minutes"]
    assert low <= answer["expected_minutes"] <= high <= 60.1
    assert answer["profile"] in {row.name for row in ROWS}
    text = CliRunner().invoke(app, ["plan", "--docs", "1103", "--pages", "300"]).output
    assert f"cores     {answer['cores']}\n" in text
    assert "projected" in text


def test_the_command_says_when_no_machine_is_enough() -> None:
    done = CliRunner().invoke(app, ["plan", "--docs", "100000000", "--hours", "0.01"])
    assert done.exit_code == 1
    assert "Divide the documents" in done.output
