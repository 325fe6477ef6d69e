"""What operators look at agrees with itself: dashboards, alerts, runbooks, thresholds."""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

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
