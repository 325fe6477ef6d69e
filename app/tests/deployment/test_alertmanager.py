"""Alertmanager does not start with an unreadable secret, because it would silently send no alerts."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

SERVE = Path(__file__).resolve().parents[3] / "images/monitoring/serve-alertmanager"
NOBODY = 65534


@pytest.fixture
def secrets() -> Iterator[Path]:
    # Not below pytest's own folder, which only its owner may enter.
    with tempfile.TemporaryDirectory(prefix="decalogo-secrets-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)
        Path(folder).chmod(0o755)


def start(secrets: Path, **environment: str) -> str:
    """Start it as an ordinary user and return its output. It fails later, because its files are missing."""
    done = subprocess.run(
        ["sh", "-s"],
        input=SERVE.read_text(),
        env={"PATH": os.environ["PATH"], "SECRETS_DIR": str(secrets), **environment},
        user=NOBODY if os.geteuid() == 0 else None,
        capture_output=True,
        text=True,
        timeout=20,
    )
    assert done.returncode != 0
    return done.stderr


@pytest.mark.parametrize("name", ["webhook-url", "smtp-password"])
def test_an_unreadable_secret_is_reported(secrets: Path, name: str) -> None:
    (secrets / name).touch(mode=0o000)
    assert f"{name} cannot be read" in start(secrets)


def test_an_unreadable_folder_is_reported(secrets: Path) -> None:
    (secrets / "webhook-url").touch()
    secrets.chmod(0o000)
    assert "cannot be read" in start(secrets)


def test_a_user_of_the_mail_server_needs_a_password(secrets: Path) -> None:
    assert "smtp-password" in start(secrets, EMAIL_TO="a@example.org", SMTP_USER="a", SMTP_HOST="b:25")


def test_readable_secrets_and_none_are_no_reason(secrets: Path) -> None:
    assert "ALERT_" not in start(secrets)
    (secrets / "webhook-url").write_text("https://example.org")
    assert "ALERT_" not in start(secrets)


def test_a_webhook_may_go_through_a_proxy(tmp_path: Path) -> None:
    template = tmp_path / "alertmanager.yaml"
    template.write_text("receivers:\n  - name: operator\n")
    script = SERVE.read_text().replace("/tmp/", "MADE-").replace("/etc/alertmanager/", f"{tmp_path}/")
    script = script.replace("MADE-", f"{tmp_path}/made-")
    # The configuration is complete before the program that would start is looked for.
    environment = {"PATH": os.environ["PATH"], "SECRETS_DIR": str(tmp_path / "none")}
    environment |= {"WEBHOOK_URL": "https://chat.example.org/x", "PROXY_URL": "http://proxy:3128"}
    subprocess.run(["sh", "-s"], input=script, env=environment, capture_output=True, text=True, timeout=20, check=False)

    made = yaml.safe_load((tmp_path / "made-alertmanager.yaml").read_text())
    (hook,) = made["receivers"][0]["webhook_configs"]
    assert hook["http_config"] == {"proxy_url": "http://proxy:3128"}
    assert hook["url"] == "https://chat.example.org/x"
