"""The OpenAPI document is correct through nginx: for a generated client, and for requests by schemathesis.

The last file of the scenario, because it lifts the limits for its thousands of requests per minute. With more cases:
``CONTRACT_EXAMPLES=150 CONTRACT_SEED=1 pytest stack/edge/test_whole_interface.py -s``.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from appliance import REPOSITORY, Appliance
from tools import VENV, tool

EXAMPLES, SEED = os.environ.get("CONTRACT_EXAMPLES", "1"), os.environ.get("CONTRACT_SEED", "20")

LIFTED = "".join(
    f'      DECALOGO_API__{name}: "{value}"\n'
    for name, value in {
        **{f"PREMIUM__{kind}_PER_MINUTE": 0 for kind in ("UPLOADS", "STATUS", "READS", "CHANGES")},
        "FAILED_AUTHENTICATIONS_PER_MINUTE": 0,
        "EVENTS_SECONDS": 0.2,
    }.items()
)
# The generator knows neither type by itself.
GENERATOR = """content_type_overrides:
  image/webp: application/octet-stream
  application/x-ndjson: text/plain
"""


@pytest.fixture(scope="module")
def lifted(appliance: Appliance) -> Appliance:
    override = appliance.folder / "compose.override.yaml"
    place = "  api:\n    environment:\n"
    override.write_text(override.read_text().replace(place, place + LIFTED))
    appliance.change("api")
    appliance.change(
        "nginx", NGINX_REQUESTS_PER_MINUTE="0", NGINX_UPLOADS_PER_MINUTE="0", NGINX_CONCURRENT_REQUESTS="0"
    )
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
    (tmp_path / "config.yaml").write_text(GENERATOR, encoding="utf-8")
    generate = [tool("openapi-python-client"), "generate", "--path", "openapi.json", "--output-path", "made"]
    generate += ["--config", "config.yaml"]
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
        timeout=800,
        check=False,
    )
    assert used.returncode == 0, used.stderr
    assert used.stdout.strip() == "succeeded"


def log_lines(appliance: Appliance, service: str) -> list[str]:
    return appliance.compose("logs", "--no-log-prefix", service).split("\n")  # splitlines() knows more ends of lines


@pytest.mark.timeout(7200)
def test_every_answer_is_one_that_the_document_promises(
    lifted: Appliance, operator: str, authority_file: Path, tmp_path: Path
) -> None:
    shutil.copy(REPOSITORY / "app/tests/api/schemathesis.toml", tmp_path)
    url = f"{lifted.run('url').strip()}/api/v1/openapi.json"
    command = [str(Path(sys.executable).parent / "schemathesis"), "run", url, "--checks", "all", "--no-color"]
    command += ["--header", f"Authorization: Bearer {operator}", "--max-examples", EXAMPLES, "--seed", SEED]
    command += ["--generation-database", "none", "--tls-verify", str(authority_file)]
    edge_before, api_before = len(log_lines(lifted, "nginx")), len(log_lines(lifted, "api"))
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=tmp_path)

    entries = (json.loads(line) for line in log_lines(lifted, "nginx")[edge_before:] if line.startswith("{"))
    answered = Counter(entry["status"] for entry in entries if "status" in entry)
    print(f"seed {SEED}: {answered.total()} requests through nginx, by status {sorted(answered.items())}")
    print("\n".join(done.stdout.splitlines()[-25:]))
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2000:]
    assert re.search(r"\d+ passed", done.stdout) or "No issues found" in done.stdout
    assert answered.total() > 100
    assert [status for status in answered if status >= 500 and status != 503] == []
    assert "Traceback" not in "\n".join(log_lines(lifted, "api")[api_before:])
