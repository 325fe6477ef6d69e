"""What the compose files give to each service, as docs/explanation/privileges.md states it."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from tests.deployment.checkout import ROOT

PAGE = ROOT / "docs/explanation/privileges.md"
INTERNAL = {"backend", "frontend", "operators"}


def compose(name: str) -> dict[str, Any]:
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))  # type: ignore[no-any-return]


SERVICES: dict[str, Any] = compose("compose.monitoring.yaml")["services"] | compose("compose.yaml")["services"]


def folders(service: str) -> set[str]:
    """Return the volumes of a service, with `:ro` where they are read-only."""
    mounts = [str(mount) for mount in SERVICES[service].get("volumes", ())]
    return {mount.split(":")[0] + (":ro" if mount.endswith(":ro") else "") for mount in mounts}


def test_only_the_services_that_need_documents_mount_them() -> None:
    mounted = {name for name in SERVICES if {"artifacts", "artifacts:ro"} & folders(name)}
    # The exporter runs as another user and reports the size of the file system; it cannot read the files.
    assert mounted == {"setup", "api", "worker", "suspect", "scheduler", "host-exporter"}
    assert "artifacts:ro" in folders("host-exporter")
    for service in ("flower", "nginx", "prometheus", "redis"):
        assert not {"artifacts", "artifacts:ro", "audit", "audit:ro"} & folders(service)


def test_workers_have_a_user_of_their_own_and_no_audit_log() -> None:
    assert {SERVICES[name]["user"] for name in ("worker", "suspect")} == {"10005:10001"}
    assert all("user" not in SERVICES[name] for name in ("api", "scheduler"))  # that of the image, 10001
    for name in ("worker", "suspect"):
        assert folders(name) == {"artifacts", "secrets-worker:ro"}


def test_each_service_mounts_its_own_secrets_only() -> None:
    for name in ("api", "worker", "scheduler", "redis", "flower", "grafana"):
        assert {volume for volume in folders(name) if volume.startswith("secrets-")} == {f"secrets-{name}:ro"}


@pytest.mark.parametrize(
    ("service", "networks"),
    [
        ("worker", {"backend"}),
        ("suspect", {"backend"}),
        ("redis", {"backend"}),
        ("api", {"frontend", "backend"}),
        ("flower", {"backend", "operators"}),
        ("prometheus", {"backend", "operators"}),
        ("nginx", {"edge", "frontend", "operators"}),
        ("scheduler", {"backend", "webhooks-${WEBHOOKS_EGRESS:-false}"}),
    ],
)
def test_each_service_is_in_these_networks(service: str, networks: set[str]) -> None:
    assert set(SERVICES[service]["networks"]) == networks


def test_the_networks_of_services_are_internal() -> None:
    networks = compose("compose.yaml")["networks"]
    assert {name for name in INTERNAL | {"webhooks-false"} if networks[name].get("internal") is not True} == set()


def test_these_networks_have_a_way_out() -> None:
    networks = compose("compose.yaml")["networks"]
    for name in ("edge", "webhooks-true"):  # nginx; the scheduler with WEBHOOKS_EGRESS=true
        assert not networks[name].get("internal"), name
    joined = compose("compose.worker.yaml")
    assert not joined["networks"]["default"].get("internal")
    assert "networks" not in joined["services"]["worker"]  # the default one


def test_every_cell_of_the_table_names_its_test() -> None:
    lines = PAGE.read_text(encoding="utf-8").split("\n")
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]
    assert len(rows) > 14
    assert {len(row) for row in rows} == {7}
    unproven = [
        (row[0], cell) for row in rows if row[0] for cell in row[1:] if not re.search(r"\(\d+\)", cell) and cell != "–"
    ]
    assert unproven == []


def test_every_test_that_the_page_names_exists() -> None:
    page = PAGE.read_text(encoding="utf-8")
    named = re.findall(r"`((?:tests/stack/)?[\w/-]+\.py)(?:::(\w+))?`", page)
    assert len(named) >= 17
    for path, test in named:
        file = ROOT / path if path.startswith(("tests/", "app/")) else ROOT / "app/tests" / path
        assert file.is_file(), path
        assert not test or f"def {test}(" in file.read_text(encoding="utf-8"), (path, test)
    rows = [row for row in page.split("\n") if row.startswith("| ") and "**" not in row]
    assert len(rows) > 14
    cited = {int(number) for number in re.findall(r"\((\d+)\)", page)}
    assert cited == {int(number) for number in re.findall(r"^(\d+)\. ", page, re.MULTILINE)}
