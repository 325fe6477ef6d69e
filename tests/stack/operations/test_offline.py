"""A start from a bundle, in a namespace without any network interface."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance import Appliance, docker
from papers import small_documents
from ports import next_network, next_port

NAME = "decalogo-offline"


@pytest.fixture(scope="module")
def offline(appliance: Appliance, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Appliance]:
    """An unpacked bundle. Its images have a tag of their own, and are removed before the start."""
    folder = tmp_path_factory.mktemp("offline")
    before = appliance.environment
    appliance.environment = {**before, "IMAGE_TAG": NAME, "GRAFANA": "off"}
    appliance.run("bundle", str(folder / "bundle.tar"))
    environment = {**appliance.environment, "COMPOSE_PROJECT_NAME": NAME, "NETWORK_PREFIX": next_network()}
    environment |= {"HTTP_PORT": str(next_port()), "HTTPS_PORT": str(next_port())}
    appliance.environment = before
    images = docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}", "decalogo/*").split()
    docker("image", "rm", *[image for image in images if image.endswith(f":{NAME}")])
    subprocess.run(["tar", "-xf", "bundle.tar"], cwd=folder, check=True)
    found = Appliance.__new__(Appliance)
    found.folder, found.name, found.clients, found.environment = folder / "decalogo", NAME, [], environment
    yield found
    found.delete()


def test_it_starts_without_network_and_evaluates(offline: Appliance) -> None:
    command = ["unshare", "--net", "./appliance", "up"]
    done = subprocess.run(
        command, cwd=offline.folder, env=offline.environment, capture_output=True, text=True, timeout=1500
    )

    assert done.returncode == 0, done.stderr
    assert "Loading its images" in done.stderr
    assert "Building" not in done.stderr
    client = offline.client(offline.run("token", "create", "tests").strip())
    job_id = client.upload(small_documents(2))["job_id"]
    assert client.follow(job_id)[-1]["succeeded"] == 2


def test_the_client_is_installed_without_network_too(offline: Appliance, tmp_path: Path) -> None:
    text = tmp_path / "plan.txt"
    text.write_text("En 2023 se registraron 3 feminicidios según el Instituto Nacional de Medicina Legal.")
    # The client connects to the published port, so only its installation is cut off.
    install = "for l in scripts/lib/*.sh; do . $l; done; read_dotenv; ensure_venv requirements.lock"
    subprocess.run(
        ["unshare", "--net", "bash", "-c", f'set -eu; ROOT="$PWD"; {install}'],
        cwd=offline.folder,
        env=offline.environment,
        check=True,
        timeout=600,
    )
    assert offline.run("decalogo", "submit", str(text), "--wait").startswith("batch_")
