"""nginx: TLS, headers, redirect, and limits with a problem and a correct Retry-After."""

import json
import socket
import ssl
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from appliance import Appliance, docker
from client import Client

HEADERS = {
    "X-Frame-Options": "SAMEORIGIN",
    "X-Content-Type-Options": "nosniff",
    "X-XSS-Protection": "1; mode=block",
}


def handshake(appliance: Appliance, version: ssl.TLSVersion) -> str | None:
    context = ssl.create_default_context(cadata=appliance.run("certificate"))
    context.minimum_version = context.maximum_version = version
    with (
        socket.create_connection(("127.0.0.1", appliance.https_port), timeout=120) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as connection,
    ):
        return connection.version()


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_current_tls_is_spoken(appliance: Appliance, version: ssl.TLSVersion) -> None:
    assert handshake(appliance, version) == {"TLSv1_2": "TLSv1.2", "TLSv1_3": "TLSv1.3"}[version.name]


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated")
def test_old_tls_is_not(appliance: Appliance) -> None:
    with pytest.raises(ssl.SSLError):
        handshake(appliance, ssl.TLSVersion.TLSv1_1)


def test_plain_http_is_redirected_to_tls(appliance: Appliance) -> None:
    answer = httpx.get(f"http://localhost:{appliance.http_port}/api/v1/health?x=1", trust_env=False, timeout=120)

    assert answer.status_code == 301
    assert answer.headers["Location"] == f"https://localhost:{appliance.https_port}/api/v1/health?x=1"


@pytest.mark.parametrize(
    ("host", "status"),
    [
        *(("192.0.2.7", 301), ("[2001:db8::7]", 301), ("servidor", 301), ("servidor.local", 301)),
        *(("evil.example", 421), ("localhost.evil.example", 421), ("127.0.0.1.evil.example", 421)),
    ],
)
def test_plain_http_is_redirected_to_names_of_the_appliance_only(appliance: Appliance, host: str, status: int) -> None:
    address = f"http://127.0.0.1:{appliance.http_port}/x"
    answer = httpx.get(address, headers={"Host": host}, trust_env=False, timeout=120)

    assert answer.status_code == status
    if status == 301:
        assert answer.headers["Location"] == f"https://{host}:{appliance.https_port}/x"
    else:
        assert "Location" not in answer.headers
        assert host not in answer.text
        assert "SERVER_NAME" in answer.json()["detail"]


@pytest.mark.parametrize("page", ["prometheus", "alertmanager", "grafana", "flower"])
def test_redirects_of_pages_repeat_no_name(client: Client, page: str) -> None:
    answer = client.http.get(f"/{page}", headers={"Host": "evil.example"})

    assert (answer.status_code, answer.headers["Location"]) == (301, f"/{page}/")


@pytest.mark.parametrize("path", ["/api/v1/health", "/api/v1/batch", "/nowhere"])
def test_security_headers_are_on_every_answer_once(client: Client, path: str) -> None:
    answer = client.ask("GET", path)

    for name, value in HEADERS.items():
        assert answer.headers.get_list(name) == [value], name
    assert len(answer.headers.get_list("X-Request-ID")) == 1
    assert len(answer.headers.get_list("Content-Security-Policy")) == 1
    assert "Strict-Transport-Security" not in answer.headers  # the certificate is self-signed
    assert answer.headers["Server"] == "nginx"


def test_a_request_id_of_the_caller_is_kept(client: Client) -> None:
    answer = client.ask("GET", "/api/v1/health", headers={"X-Request-ID": "my-own.request_1"})

    assert answer.headers["X-Request-ID"] == "my-own.request_1"


def burst(client: Client, method: str, path: str, count: int) -> list[httpx.Response]:
    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(lambda _: client.http.request(method, path), range(count)))


def check_limited(answers: list[httpx.Response], retry_after: str) -> None:
    limited = [answer for answer in answers if answer.status_code == 429]
    assert limited
    for answer in limited:
        assert answer.headers["Retry-After"] == retry_after
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json()["type"] == "/problems/rate-limited"
        assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"


def test_requests_past_the_burst_of_20_are_limited(client: Client) -> None:
    started = time.monotonic()
    client.ask("GET", "/api/v1/batch")
    answers = burst(client, "GET", "/api/v1/batch", 40)
    free_meanwhile = (time.monotonic() - started) * 100 / 60

    check_limited(answers, "1")
    assert sum(answer.status_code == 200 for answer in answers) <= 22 + free_meanwhile
    time.sleep(1)  # what Retry-After said
    assert client.http.get("/api/v1/batch").status_code == 200


def test_uploads_past_the_burst_of_5_are_limited(client: Client) -> None:
    started = time.monotonic()
    answers = burst(client, "POST", "/api/v1/batch/upload", 12)
    free_meanwhile = (time.monotonic() - started) * 10 / 60

    check_limited(answers, "6")
    assert sum(answer.status_code != 429 for answer in answers) <= 7 + free_meanwhile
    time.sleep(6.1)  # what Retry-After said; nginx counts 10 a minute as 0.166 a second
    assert client.http.post("/api/v1/batch/upload").status_code != 429


def test_health_is_never_limited(client: Client) -> None:
    assert {answer.status_code for answer in burst(client, "GET", "/api/v1/health", 60)} == {200}


def test_without_an_api_nginx_responds_503_and_finds_it_again_at_another_address(
    appliance: Appliance, client: Client
) -> None:
    before = address_of_api(appliance)
    squatters: list[str] = []
    try:
        appliance.compose("stop", "api")
        answer = client.http.get("/api/v1/health")
        # The engine gives out free addresses in order: soon one of these has the API's, which must come back elsewhere.
        while before not in (taken := addresses(squatters)) and len(taken) < 10:
            image = appliance.inspect("nginx")[0]["Image"]
            network = ["--network", f"{appliance.name}_frontend"]
            squatters.append(
                docker("run", "-d", "--rm", "--init", *network, "--entrypoint", "sleep", image, "600").strip()
            )
    finally:
        appliance.run("up", "--scale", "worker=2")
        if squatters:
            docker("rm", "--force", *squatters)

    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert answer.json()["type"] == "/problems/unavailable"
    assert address_of_api(appliance) != before
    assert client.ask("GET", "/api/v1/health", patience=10).status_code == 200


def addresses(containers: list[str]) -> list[str]:
    found = json.loads(docker("inspect", *containers)) if containers else []
    return [str(network["IPAddress"]) for one in found for network in one["NetworkSettings"]["Networks"].values()]


def address_of_api(appliance: Appliance) -> str:
    (container,) = appliance.inspect("api")
    return str(container["NetworkSettings"]["Networks"][f"{appliance.name}_frontend"]["IPAddress"])
