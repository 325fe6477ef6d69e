"""What operators look at agrees with itself: dashboards, alerts, runbooks, thresholds."""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

ROOT = Path(__file__).parents[3]
RUNBOOKS = ROOT / "docs/runbooks"
RULES = yaml.safe_load((ROOT / "config/prometheus/rules/alerts.yaml").read_text())
ALERTS = {rule["alert"]: rule for group in RULES["groups"] for rule in group["rules"]}
SERVICES: dict[str, Any] = {
    name: service
    for file in ("compose.yaml", "compose.monitoring.yaml")
    for name, service in yaml.safe_load((ROOT / file).read_text())["services"].items()
}
FILES = sorted((ROOT / "grafana/dashboards").glob("*.json"))


@pytest.fixture
def generator(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    monkeypatch.syspath_prepend(str(ROOT / "grafana"))
    from boards import BOARDS  # type: ignore[import-not-found]
    from panels import render  # type: ignore[import-not-found]

    yield {f"{board.uid}.json": render(board) for board in BOARDS}
    for name in [name for name in sys.modules if name.split(".")[0] in ("boards", "panels")]:
        del sys.modules[name]


def panels(file: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(file.read_text())["panels"]
    return found


def test_the_dashboards_are_what_the_generator_writes(generator: dict[str, str]) -> None:
    assert {file.name: file.read_text() for file in FILES} == generator


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_panel_explains_itself_and_leads_on(file: Path) -> None:
    for panel in panels(file):
        defaults = panel["fieldConfig"]["defaults"]
        assert panel["description"].endswith("."), panel["title"]
        assert defaults["unit"], panel["title"]
        assert defaults["thresholds"]["steps"], panel["title"]
        (link,) = panel["links"]
        folder, name = re.fullmatch(r"/(runbooks|grafana/d)/(?:decalogo-)?([\w-]+)(?:\.md)?", link["url"]).groups()  # type: ignore[union-attr]
        place = RUNBOOKS / f"{name}.md" if folder == "runbooks" else ROOT / f"grafana/dashboards/{name}.json"
        assert place.exists(), link["url"]


def test_every_alert_has_a_runbook_and_a_dashboard_and_no_runbook_is_left_over() -> None:
    assert {file.stem for file in RUNBOOKS.glob("*.md")} == set(ALERTS)
    for name, rule in ALERTS.items():
        notes = rule["annotations"]
        assert notes["runbook_url"] == f"${{PUBLIC_URL}}/runbooks/{name}.md"
        board = notes["dashboard_url"].rsplit("/decalogo-", 1)[1]
        assert (ROOT / f"grafana/dashboards/{board}.json").exists(), board
        assert notes["summary"]
        assert rule["labels"]["severity"] in ("critical", "warning", "info")


def test_every_threshold_is_used_and_can_be_set() -> None:
    lines = (ROOT / "config/prometheus/thresholds.env").read_text().splitlines()
    names = {line.split("=")[0] for line in lines if line and not line.startswith("#")}
    templates = [ROOT / "config/prometheus/prometheus.yaml", *(ROOT / "config/prometheus/rules").glob("*.yaml")]
    used = {name for file in templates for name in re.findall(r"\$\{(\w+)\}", file.read_text())}
    environment = SERVICES["prometheus"]["environment"]

    assert used == names
    assert names <= environment.keys()


@pytest.mark.parametrize("name", sorted(ALERTS))
def test_a_runbook_names_what_exists(name: str) -> None:
    text = (RUNBOOKS / f"{name}.md").read_text()
    commands = re.findall(r"`(\./appliance [^`]+|docker compose [^`]+)`", text)
    services = {*SERVICES, "SERVICE"}
    titles = {panel["title"] for file in FILES for panel in panels(file)}
    boards = {json.loads(file.read_text())["title"] for file in FILES}

    assert re.findall(r"^## (.+)$", text, re.M) == ["What it means", "What to look at", "What to do"]
    assert commands or "As " in text, "a runbook without a command"
    dispatched = (ROOT / "appliance").read_text()
    for command in commands:
        words = command.split()
        if words[0] == "./appliance":
            assert re.search(rf"\b{words[1]}\b", dispatched), command
            assert words[1] != "logs" or words[2] in services, command
        else:
            assert [word for word in words[3:] if word in services], command
    for board in re.findall(r"Dashboard \*([^*]+)\*", text):
        assert board in boards, board
    for title in re.findall(r"Dashboard \*[^*]+\*, \*([^*]+)\*", text):
        assert [one for one in titles if one.startswith(title)], title
    for setting in re.findall(r"`([A-Z]+_[A-Z_]+)`", text):
        places = (ROOT / ".env.example", ROOT / "docs/reference/settings.md", ROOT / "config/prometheus/thresholds.env")
        assert [file for file in places if setting in file.read_text()], setting


def test_the_dashboards_have_only_fields_of_grafanas_schema() -> None:
    for file in FILES:
        written = json.loads(file.read_text())
        read = json.loads(JSONEncoder().encode(Dashboard.from_json(written)))
        assert read == written, file.name


# Rules of Grafana's dashboard-linter. Left out: those that ask for variables of data source, job and instance. The
# appliance has one Prometheus, and the queries name what they need.
RATE = re.compile(r'\b(?:rate|irate|increase)\(\w+(?:\{(?:[^}"]|"[^"]*")*\})?\[([^\]]+)\]\)')
COUNTER = re.compile(r"\b(?!decalogo:)\w+_(?:total|bucket|sum|count)\b")


def queries(file: Path) -> Iterator[tuple[str, str]]:
    for panel in panels(file):
        for target in panel["targets"]:
            yield f"{file.stem} / {panel['title']}", target["expr"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_dashboard_keeps_the_rules_of_the_linter(file: Path) -> None:
    board = json.loads(file.read_text())
    assert board["editable"] is False
    assert board["tags"]
    assert board["uid"].startswith("decalogo-")
    assert len({panel["title"] for panel in board["panels"]}) == len(board["panels"])
    for panel in board["panels"]:
        assert panel["title"]
        assert panel["datasource"]["uid"] == "prometheus"
        assert panel["targets"], panel["title"]
        assert all(target["legendFormat"] for target in panel["targets"]) or panel["type"] == "stat", panel["title"]
    for place, expression in queries(file):
        assert set(RATE.findall(expression)) <= {"$__rate_interval"}, place
        assert not COUNTER.findall(RATE.sub("", expression)), f"{place}: a counter without its rate"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_no_panel_has_a_series_without_a_name_or_an_axis_that_hides_small_values(file: Path) -> None:
    for panel in panels(file):
        if panel["type"] != "stat":
            for target in panel["targets"]:
                assert "or vector(0)" not in target["expr"] or "{{" not in target["legendFormat"], panel["title"]
        if panel["type"] == "timeseries":
            defaults = panel["fieldConfig"]["defaults"]
            assert defaults["min"] == 0
            assert "max" in defaults or "axisSoftMax" in defaults["custom"], panel["title"]
            assert panel["options"]["legend"]["placement"] in ("bottom", "right")


def colour_of(panel: dict[str, Any], series: str) -> str | None:
    """Return the fixed colour of a series, as Grafana applies the overrides."""
    found = None
    for override in panel["fieldConfig"]["overrides"]:
        matcher = override["matcher"]
        if matcher["id"] == "byName":
            matches = matcher["options"] == series
        else:
            matches = re.search(matcher["options"].strip("/"), series) is not None
        if matches:
            found = override["properties"][0]["value"]["fixedColor"]
    return found


@pytest.mark.parametrize(
    ("board", "title", "series", "colour"),
    [
        ("overview", "Throughput", "succeeded", "green"),
        ("overview", "Throughput", "failed", "red"),
        ("documents", "Finished", "dead", "dark-red"),
        ("documents", "Processing time", "p95 succeeded", "green"),
        ("documents", "Evaluators", "decalogo 2.1.0 failed", "red"),
        ("documents", "Failures by problem", "none", "#8e8e8e"),
        ("edge", "Requests by status", "204", "green"),
        ("edge", "Requests by status", "503", "red"),
        ("workers", "Alive and silent", "silent", "red"),
    ],
)
def test_a_colour_means_the_same_everywhere(board: str, title: str, series: str, colour: str) -> None:
    (panel,) = [one for one in panels(ROOT / f"grafana/dashboards/{board}.json") if one["title"] == title]
    assert colour_of(panel, series) == colour


def test_an_idle_appliance_shows_no_red_number() -> None:
    idle = {"Per hour": 0.0, "Alerts": 0.0, "Empty in": 0.0}
    for panel in panels(ROOT / "grafana/dashboards/overview.json"):
        if panel["title"] in idle:
            steps = panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
            reached = [
                step["color"] for step in steps if step["value"] is None or step["value"] <= idle[panel["title"]]
            ]
            assert reached[-1] in ("green", "blue"), panel["title"]


def test_titles_of_numbers_fit_a_small_screen() -> None:
    """At 1366 pixels, a sixth of the width has room for about 16 characters next to the two icons."""
    for file in FILES:
        for panel in panels(file):
            assert panel["type"] != "stat" or len(panel["title"]) <= 12, panel["title"]


def test_faults_are_never_green_and_rows_leave_no_holes() -> None:
    for file in FILES:
        width = 0
        for panel in panels(file):
            width += panel["gridPos"]["w"]
            if panel["title"] in ("Failures by problem", "Lost attempts by reason", "Errors by problem"):
                assert panel["fieldConfig"]["defaults"]["color"] == {"fixedColor": "red", "mode": "shades"}
            if panel["type"] == "timeseries" and panel["options"]["legend"]["placement"] == "right":
                assert panel["gridPos"]["w"] >= 12, "no room for lines next to the table"
            assert width <= 24, f"{file.stem}: {panel['title']} begins a row that is not full"
            width = 0 if width == 24 else width
