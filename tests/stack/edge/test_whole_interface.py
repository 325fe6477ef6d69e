"""A generated client works through the edge; the scenario's last file, because it lifts the limits."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from appliance import Appliance
from tools import VENV, tool

LIFTED = "".join(
    f'      DECALOGO_API__{name}: "{value}"\n'
    for name, value in {
        **{f"PREMIUM__{kind}_PER_MINUTE": 0 for kind in ("UPLOADS", "STATUS", "READS", "CHANGES")},
        "FAILED_AUTHENTICATIONS_PER_MINUTE": 0,
        "EVENTS_SECONDS": 0.2,
    }.items()
)


@pytest.fixture(scope="module")
def lifted(appliance: Appliance) -> Appliance:
    override = appliance.folder / "compose.override.yaml"
    place = "  api:\n    environment:\n"
    override.write_text(override.read_text().replace(place, place + LIFTED))
    appliance.change("api")
    appliance.change("nginx", EDGE_REQUESTS_PER_MINUTE="0", EDGE_UPLOADS_PER_MINUTE="0", EDGE_REQUESTS_AT_ONCE="0")
    return appliance


@pytest.fixture(scope="module")
def operator(lifted: Appliance) -> str:
    scopes = [word for scope in ("submit", "read", "operate") for word in ("--scope", scope)]
    return lifted.run("token", "create", "contract", "--tier", "premium", *scopes).strip()


@pytest.fixture(scope="module")
def authority_file(authority_pem: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("authority") / "ca.pem"
    path.write_text(authority_pem)
    return path


def test_a_generated_client_works(lifted: Appliance, operator: str, authority_file: Path, tmp_path: Path) -> None:
    document = lifted.client("").ask("GET", "/api/v1/openapi.json")
    (tmp_path / "openapi.json").write_bytes(document.content)
    generate = [tool("openapi-python-client"), "generate", "--path", "openapi.json", "--output-path", "made"]
    path = {**os.environ, "PATH": f"{VENV / 'bin'}:{os.environ['PATH']}"}
    made = subprocess.run(
        [*generate, "--meta", "none", "--fail-on-warning"],
        cwd=tmp_path,
        env=path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stdout + made.stderr

    script = str(Path(__file__).parent / "generated_client.py")
    used = subprocess.run(
        [str(VENV / "bin/python"), script, lifted.run("url").strip(), operator, str(authority_file)],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert used.returncode == 0, used.stderr
    assert used.stdout.strip() == "succeeded"
