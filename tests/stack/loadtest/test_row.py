"""One row of the tuning matrix, as a user runs it: measured, assessed, reported, and nothing left behind."""

import json
from pathlib import Path
from typing import Any

import pytest

from appliance import Appliance


@pytest.fixture(scope="module")
def output(clone: Appliance, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run the smallest row for a moment, by two processes of locust, and return the folder of its report."""
    folder = tmp_path_factory.mktemp("report")
    row = ("--row", "2c4g", "--minutes", "0.2", "--locust-workers", "2")
    clone.run("loadtest", *row, "--output", str(folder), timeout=2000)
    return folder


@pytest.fixture(scope="module")
def row(output: Path) -> dict[str, Any]:
    (found,) = json.loads((output / "report.json").read_text(encoding="utf-8"))["rows"]
    return dict(found)


def test_the_row_gave_more_than_its_band_and_every_result_was_right(row: dict[str, Any]) -> None:
    assert row["wrong"] == []
    assert set(row["phases"]) == {"backlog", "steady", "heavy"}
    assert row["phases"]["backlog"]["documents_per_hour"] > row["row"]["band"][1]
    for phase in row["phases"].values():
        assert phase["right"] == phase["documents"] == phase["ledger"]["finished"] > 0


def test_cost_and_bottleneck_are_reported(row: dict[str, Any]) -> None:
    backlog = row["phases"]["backlog"]
    assert backlog["cpu_seconds_per_document"]["worker"] > 0.05
    assert 300 < backlog["peak_mib"]["all"] < 4096
    assert backlog["upload_ms"]["p50"] <= backlog["upload_ms"]["p99"]
    assert row["bound"]
    assert row["projected"]["low"] <= row["projected"]["per_hour"] <= row["projected"]["high"]


def test_the_report_is_one_page_with_its_pictures_in_it(output: Path) -> None:
    page = (output / "report.html").read_text(encoding="utf-8")
    # Two pictures of the row, and the course of each phase that was long enough to have one.
    pictures = len(list(output.glob("*.png")))
    assert page.count('src="data:image/png;base64,') == pictures >= 2
    assert 'src="http' not in page
    assert "projected" in page.lower()
    assert (output / "matrix.png").stat().st_size > 5000


def test_nothing_is_left_of_the_appliance_under_test(output: Path, left_over: str) -> None:
    assert left_over == ""
