"""TLS as a scanner sees it; the operator's certificate, also renewed; names that are not ours; whose address counts."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from addresses import NAME
from authority import Authority
from cryptography import x509

from appliance import Appliance, docker
from client import Client
from papers import REAL_PLAN
from raw import connection, exchange, head
from tools import tool


@pytest.fixture(scope="module")
def scan(appliance: Appliance, authority_pem: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What sslyze found, held against Mozilla's intermediate profile."""
    folder = tmp_path_factory.mktemp("scan")
    (folder / "ca.pem").write_text(authority_pem)
    target = f"{NAME}:{appliance.https_port}{{127.0.0.1}}"
    options = ["--mozilla_config=intermediate", f"--json_out={folder}/found.json"]
    options += [f"--certinfo_ca_file={folder}/ca.pem", f"--sni={NAME}"]
    command = [tool("sslyze"), "--certinfo", "--sslv2", "--sslv3", "--tlsv1", "--tlsv1_1", "--tlsv1_2", "--tlsv1_3"]
    command += ["--compression", "--reneg", "--heartbleed", "--openssl_ccs", "--robot", "--fallback", "--early_data"]
    command += ["--elliptic_curves", "--ems", "--resum"]
    done = subprocess.run([*command, *options, target], capture_output=True, text=True, timeout=800, check=False)
    assert (folder / "found.json").is_file(), done.stdout + done.stderr
    found = json.loads((folder / "found.json").read_text())
    (server,) = found["server_scan_results"]
    assert server["connectivity_status"] == "COMPLETED", done.stdout
    return {"stdout": done.stdout, "code": done.returncode, **server["scan_result"]}


def test_a_scanner_finds_it_as_mozillas_intermediate_profile_wants(scan: dict[str, Any]) -> None:
    print(scan["stdout"][-3000:])
    assert scan["code"] == 0, scan["stdout"]
    assert "Compliant" in scan["stdout"]


@pytest.mark.parametrize("version", ["ssl_2_0", "ssl_3_0", "tls_1_0", "tls_1_1"])
def test_old_versions_are_not_spoken(scan: dict[str, Any], version: str) -> None:
    assert scan[f"{version}_cipher_suites"]["status"] == "COMPLETED"
    assert scan[f"{version}_cipher_suites"]["result"]["accepted_cipher_suites"] == []


def test_every_cipher_has_forward_secrecy_and_authenticated_encryption(scan: dict[str, Any]) -> None:
    old, new = (
        [suite["cipher_suite"]["name"] for suite in scan[f"{name}_cipher_suites"]["result"]["accepted_cipher_suites"]]
        for name in ("tls_1_2", "tls_1_3")
    )
    assert old
    assert new
    for name in old:
        assert name.startswith("TLS_ECDHE_"), name
    for name in old + new:
        assert "GCM" in name or "CHACHA20" in name, name


def test_no_known_weakness_is_found(scan: dict[str, Any]) -> None:
    results = {name: found["result"] for name, found in scan.items() if isinstance(found, dict) and found.get("result")}
    assert results["heartbleed"]["is_vulnerable_to_heartbleed"] is False
    assert results["openssl_ccs_injection"]["is_vulnerable_to_ccs_injection"] is False
    assert results["robot"]["robot_result"].startswith("NOT_VULNERABLE")
    assert results["tls_compression"]["supports_compression"] is False
    assert results["session_renegotiation"]["is_vulnerable_to_client_renegotiation_dos"] is False
    assert results["session_renegotiation"]["supports_secure_renegotiation"] is True
    assert results["tls_fallback_scsv"]["supports_fallback_scsv"] is True
    assert results["tls_1_3_early_data"]["supports_early_data"] is False


def test_http_2_is_offered(appliance: Appliance, authority_pem: str) -> None:
    context = ssl.create_default_context(cadata=authority_pem)
    context.set_alpn_protocols(["h2", "http/1.1"])
    with (
        socket.create_connection(("127.0.0.1", appliance.https_port), timeout=20) as plain,
        context.wrap_socket(plain, server_hostname=NAME) as edge,
    ):
        assert edge.selected_alpn_protocol() == "h2"


def shown(appliance: Appliance, authority_pem: str) -> int:
    with connection(appliance.https_port, authority_pem, name=NAME) as edge:
        assert isinstance(edge, ssl.SSLSocket)
        der = edge.getpeercert(binary_form=True)
    assert der
    return x509.load_der_x509_certificate(der).serial_number


def wait_until_shown(appliance: Appliance, authority: Authority, serial: int) -> None:
    deadline = time.monotonic() + 100
    while shown(appliance, authority.pem) != serial:
        assert time.monotonic() < deadline, "the old certificate is still shown"
        time.sleep(0.2)


def test_a_renewed_certificate_is_shown_without_a_restart(
    appliance: Appliance, authority: Authority, tls_folder: Path
) -> None:
    before = appliance.inspect("nginx")[0]["State"]["StartedAt"]
    wait_until_shown(appliance, authority, authority.write(tls_folder, NAME, "localhost"))
    assert appliance.inspect("nginx")[0]["State"]["StartedAt"] == before


def test_the_appliance_itself_needs_no_name_of_this_machine_in_it(
    appliance: Appliance, authority: Authority, tls_folder: Path
) -> None:
    serial = authority.write(tls_folder, NAME)
    wait_until_shown(appliance, authority, serial)
    try:
        job_id = appliance.run("decalogo", "submit", str(REAL_PLAN), "--wait").strip()
        assert "1 succeeded of 1" in appliance.run("decalogo", "status", job_id)
    finally:
        wait_until_shown(appliance, authority, authority.write(tls_folder, NAME, "localhost"))


def test_the_name_is_answered(appliance: Appliance, authority_pem: str) -> None:
    host = f"{NAME}:{appliance.https_port}"
    with connection(appliance.https_port, authority_pem, name=NAME) as edge:
        assert exchange(edge, head("GET", "/api/v1/health", host=host)).status == 200


def test_another_name_is_dropped_before_a_certificate_is_shown(appliance: Appliance, authority_pem: str) -> None:
    with pytest.raises(ssl.SSLError, match="UNRECOGNIZED_NAME"):  # noqa: SIM117
        with connection(appliance.https_port, authority_pem, name="evil.test"):
            pass


@pytest.mark.parametrize("start", [b"GET / HTTP/1.1\r\n\r\n", b"GARBAGE\r\n\r\n"], ids=["no name", "no request"])
def test_what_asks_for_no_name_at_all_is_dropped(appliance: Appliance, start: bytes) -> None:
    with connection(appliance.http_port, "", tls=False) as edge:
        answer = exchange(edge, start)
    assert (answer.status, answer.body) == (0, b"")


@pytest.mark.parametrize("tls", [True, False])
def test_another_name_in_the_request_alone_is_dropped_too(appliance: Appliance, authority_pem: str, tls: bool) -> None:
    port = appliance.https_port if tls else appliance.http_port
    with connection(port, authority_pem, tls=tls) as edge:
        answer = exchange(edge, head("GET", "/api/v1/health", host="evil.test"))
    assert (answer.status, answer.body) == (0, b"")


def test_an_acme_client_is_answered_over_plain_http_and_nothing_else_is(
    appliance: Appliance, acme_folder: Path
) -> None:
    folder = acme_folder / ".well-known/acme-challenge"
    folder.mkdir(parents=True)
    (folder / "token-1").write_text("token-1.thumbprint")
    answers = []
    for path in ("/.well-known/acme-challenge/token-1", "/.well-known/acme-challenge/none", "/.well-known/other"):
        with connection(appliance.http_port, "", tls=False) as edge:
            answers.append(exchange(edge, head("GET", path, host=NAME)))
    assert [answer.status for answer in answers] == [200, 404, 301]
    assert answers[0].body == b"token-1.thumbprint"


def logged_address(appliance: Appliance, request_id: str) -> str:
    deadline = time.monotonic() + 100
    while True:
        for line in appliance.compose("logs", "--no-log-prefix", "--tail", "200", "nginx").splitlines():
            entry = json.loads(line) if line.startswith("{") else {}
            if entry.get("request_id") == request_id:
                return str(entry["remote"])
        assert time.monotonic() < deadline, "the request is not in the log"
        time.sleep(0.2)


def test_a_trusted_proxys_word_for_an_address_is_taken(appliance: Appliance, client: Client) -> None:
    # What the client itself had put into the header stands further left and counts for nothing.
    forwarded = {"X-Forwarded-For": "203.0.113.9, 198.51.100.7", "X-Request-ID": "trusted-proxy"}
    assert client.http.get("/nowhere", headers=forwarded).status_code == 404
    assert logged_address(appliance, "trusted-proxy") == "198.51.100.7"


def test_anybody_elses_word_is_not(appliance: Appliance) -> None:
    (nginx,) = appliance.inspect("nginx")
    network = f"{appliance.name}_edge"
    address = nginx["NetworkSettings"]["Networks"][network]["IPAddress"]
    command = ["curl", "--silent", "--insecure", "--connect-to", f"{NAME}:8443:{address}:8443"]
    headers = ["--header", "X-Forwarded-For: 203.0.113.9", "--header", "X-Request-ID: untrusted"]
    run = ["run", "--rm", "--network", network, "--entrypoint", command[0], nginx["Image"]]
    answer = docker(*run, *command[1:], *headers, f"https://{NAME}:8443/nowhere")
    assert json.loads(answer)["status"] == 404
    subnet = docker("network", "inspect", "--format", "{{(index .IPAM.Config 0).Subnet}}", network).split(".")[:2]
    assert logged_address(appliance, "untrusted").split(".")[:2] == subnet
