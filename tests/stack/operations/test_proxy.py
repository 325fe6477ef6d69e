"""Proxies in the configuration of the Docker client, which it injects into every container, divert nothing inside."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from appliance import Appliance
from client import Client
from papers import small_documents

NOWHERE = "http://192.0.2.1:9"


@pytest.fixture
def proxied(appliance: Appliance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Appliance:
    """Recreate the containers with an injected proxy that does not exist."""
    proxies = {"httpProxy": NOWHERE, "httpsProxy": NOWHERE, "allProxy": NOWHERE}
    (tmp_path / "config.json").write_text(json.dumps({"proxies": {"default": proxies}}), encoding="utf-8")
    monkeypatch.setattr(appliance, "environment", {**appliance.environment, "DOCKER_CONFIG": str(tmp_path)})
    appliance.compose("up", "--detach", "--no-build", "--force-recreate", "--wait", timeout=1500)
    return appliance


def test_the_appliance_is_healthy_and_works_with_injected_proxies(proxied: Appliance, client: Client) -> None:
    for service in ("nginx", "api", "worker", "prometheus"):
        assert proxied.compose("exec", "-T", service, "printenv", "HTTP_PROXY").strip() == NOWHERE
    assert proxied.run("status")

    job_id = client.upload(small_documents(2))["job_id"]
    assert client.follow(job_id)[-1]["succeeded"] == 2
    report = proxied.run("doctor")
    assert " 0 failed" in report
