"""What images/nginx/configure makes of the operator's settings."""

from __future__ import annotations

import json
import os
import re
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

# The names of a certificate as openssl prints them.
OPENSSL = """#!/bin/sh
case "$*" in
  *subjectAltName*) echo '    DNS:Planes.example.org, DNS:*.plan.example, IP Address:127.0.0.1' ;;
  *) echo subject=CN=x ;;
esac
"""


def configure(folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run the script with a certificate and a stand-in for idn2, which only the image has."""
    bin_folder = folder / "bin"
    bin_folder.mkdir(exist_ok=True)
    for name, text in {"idn2": IDN2, "openssl": OPENSSL}.items():
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


def redirected(folder: Path, host: str) -> bool:
    """Return whether the map sends a host to TLS, as nginx reads it: names and wildcards first, then expressions."""
    lines = (folder / "redirect-names.conf").read_text().splitlines()
    assert (lines[0], lines[1], lines[-1]) == ("map $host $redirect_host {", "hostnames;", "}")
    known = dict(re.fullmatch(r'"?([^" ]+)"? (\S+);', line).groups() for line in lines[2:-1])  # type: ignore[union-attr]
    for name, target in known.items():
        wildcard = name.startswith("*.") and host.endswith(name[1:])
        if name == host or wildcard or (name.startswith("~") and re.search(name[1:], host)):
            return target == "$host"
    return known.get("default") == "$host"


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "192.168.7.20", "[::1]", "[fd00::7]", "localhost", "servidor", "servidor.local"),
        *("planes.home.arpa", "planes.example.org", "a.plan.example"),
    ],
)
def test_plain_http_is_redirected_to_addresses_local_names_and_those_of_the_certificate(
    tmp_path: Path, host: str
) -> None:
    assert configure(tmp_path).returncode == 0
    assert redirected(tmp_path, host)


@pytest.mark.parametrize(
    "host", ["evil.example", "planes.example.org.evil.example", "local.evil.example", "127.0.0.1.evil.example", "_"]
)
def test_plain_http_is_not_redirected_to_a_name_of_others(tmp_path: Path, host: str) -> None:
    assert configure(tmp_path).returncode == 0
    assert not redirected(tmp_path, host)


def test_with_server_names_each_of_them_is_redirected(tmp_path: Path) -> None:
    assert configure(tmp_path, SERVER_NAME="decalogo.example.org").returncode == 0
    assert redirected(tmp_path, "decalogo.example.org")


def test_no_other_redirect_repeats_the_name_of_the_request() -> None:
    for path in (ROOT / "config/nginx").rglob("*.conf"):
        for target in re.findall(r"return 30\d (\S+);", path.read_text()):
            assert target.startswith(("/", "https://$public_host$")), path


def test_every_problem_of_nginx_has_the_members_of_one_of_the_api() -> None:
    bodies = [
        (path.name, status, json.loads(body.replace("$limit_wait", "1")))
        for path in (ROOT / "config/nginx").rglob("*.conf")
        for status, body in re.findall(r"return (\d+) '(\{.*\})';", path.read_text())
    ]
    assert len(bodies) > 10
    for name, status, problem in bodies:
        assert {"type", "title", "status", "detail", "instance", "request_id"} <= set(problem), (name, problem)
        assert problem["status"] == int(status), (name, problem)


def test_the_runbooks_have_an_index() -> None:
    location = (ROOT / "config/nginx/operators.conf").read_text().split("location /runbooks/ {")[1].split("}")[0]
    assert "autoindex on;" in location
