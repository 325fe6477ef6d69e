"""What images/nginx/configure makes of the operator's settings."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deployment.checkout import ROOT

IDN2 = f"""#!{sys.executable}
import sys
name = sys.argv[-1]
if " " in name or "$" in name:
    sys.exit(1)
print(name.encode("idna").decode())
"""


def configure(folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run the script with a certificate and a stand-in for idn2, which only the image has."""
    bin_folder = folder / "bin"
    bin_folder.mkdir(exist_ok=True)
    for name, text in {"idn2": IDN2, "openssl": "#!/bin/sh\necho subject=CN=x\n"}.items():
        (bin_folder / name).write_text(text)
        (bin_folder / name).chmod(0o755)
    environment = {"PATH": f"{bin_folder}:{os.environ['PATH']}", "RUN_DIR": str(folder), **settings}
    return subprocess.run(
        ["sh", str(ROOT / "images/nginx/configure")], env=environment, capture_output=True, text=True, timeout=30
    )


@pytest.mark.parametrize(
    ("setting", "served"),
    [
        ("planes.example.org", "planes.example.org"),
        ("planes_2024.example.org", "planes_2024.example.org"),
        ("defensoría.example.org", "xn--defensora-n5a.example.org"),
        ("a.example.org,*.example.org", "a.example.org *.example.org"),
    ],
)
def test_a_host_name_may_have_underscores_and_accents(tmp_path: Path, setting: str, served: str) -> None:
    done = configure(tmp_path, SERVER_NAME=setting)

    assert done.returncode == 0, done.stderr
    assert (tmp_path / "names.conf").read_text() == f"server_name {served} localhost;\n"


@pytest.mark.parametrize("setting", ["a;b", "$host", "a.org {"])
def test_what_is_no_host_name_stops_the_start(tmp_path: Path, setting: str) -> None:
    done = configure(tmp_path, SERVER_NAME=setting)

    assert done.returncode == 1
    assert "SERVER_NAME" in done.stderr


@pytest.mark.parametrize(
    ("published", "port"), [("443", ""), ("9443", ":9443"), ("127.0.0.1:9443", ":9443"), ("127.0.0.1:443", "")]
)
def test_redirects_name_the_published_port_without_its_interface(tmp_path: Path, published: str, port: str) -> None:
    assert configure(tmp_path, HTTPS_PORT=published).returncode == 0
    assert (tmp_path / "public-port.conf").read_text() == f'set $public_port "{port}";\n'


def test_the_runbooks_have_an_index() -> None:
    location = (ROOT / "config/nginx/operators.conf").read_text().split("location /runbooks/ {")[1].split("}")[0]
    assert "autoindex on;" in location
