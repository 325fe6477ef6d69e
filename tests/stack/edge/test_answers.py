"""Every response has the security headers, and every error is a problem document, also those of nginx itself."""

from __future__ import annotations

import pytest
from addresses import from_a_new_address

from appliance import Appliance
from client import Client
from raw import Answer, connection, exchange, head

STRICT = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
UPLOAD = "/api/v1/batch/upload"


def check_headers(values: dict[str, list[str]], *, tls: bool = True) -> None:
    assert values["X-Frame-Options"] == ["SAMEORIGIN"]
    assert values["X-Content-Type-Options"] == ["nosniff"]
    assert values["X-XSS-Protection"] == ["1; mode=block"]
    assert values["Referrer-Policy"] == ["no-referrer"]
    assert values["Strict-Transport-Security"] == (["max-age=31536000; includeSubDomains"] if tls else [])
    assert len(values["Content-Security-Policy"]) == 1
    assert len(values["X-Request-ID"]) == 1
    assert values["Server"] == ["nginx"]


NAMES = (
    "X-Frame-Options",
    "X-Content-Type-Options",
    "X-XSS-Protection",
    "Referrer-Policy",
    "Strict-Transport-Security",
    "Content-Security-Policy",
    "X-Request-ID",
    "Server",
)


def check(answer: Answer, *, tls: bool = True) -> None:
    check_headers({name: answer.values(name) for name in NAMES}, tls=tls)


OWN_ERRORS = {
    "no request": (b"GARBAGE\r\n\r\n", 400),
    "a header without a colon": (head("GET", "/", "bad header"), 400),
    "a version that is none": (b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n", 400),
    "an address that leaves the root": (head("GET", "/../../etc/passwd"), 400),
    "a NUL": (b"GET /a\x00b HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    "a bad escape": (head("GET", "/%zz"), 400),
    "CONNECT": (head("CONNECT", "example.org:443"), 400),
    "TRACE": (head("TRACE", "/"), 405),
    "a header of 40 KB": (head("GET", "/", "X: " + "x" * 40_000), 400),
    "10,000 headers": (head("GET", "/", *[f"X-{n}: x" for n in range(10_000)]), 400),
    "an address of 9 KB": (head("GET", "/" + "x" * 9000), 414),
    "an unknown coding": (head("POST", UPLOAD, "Transfer-Encoding: gzip"), 400),
    "two lengths": (head("POST", UPLOAD, "Content-Length: 3", "Transfer-Encoding: chunked") + b"0\r\n\r\n", 400),
    "a length that is none": (head("POST", UPLOAD, "Content-Length: ten"), 400),
    "too large": (head("POST", UPLOAD, "Content-Length: 200000000"), 413),
    "metrics": (head("GET", "/metrics"), 404),
    "metrics of the API": (head("GET", "/api/v1/metrics"), 404),
    "an internal address of nginx": (head("GET", "/edge-problem/unreadable"), 404),
}


@pytest.mark.parametrize("case", OWN_ERRORS)
def test_errors_of_nginx_itself_are_problems_with_every_header(
    appliance: Appliance, authority_pem: str, case: str
) -> None:
    data, status = OWN_ERRORS[case]
    with connection(appliance.https_port, authority_pem) as edge:
        answer = exchange(edge, data)
    assert answer.status == status, answer
    problem = answer.problem()
    assert problem["status"] == status
    assert problem["type"].startswith("/problems/")
    assert problem["request_id"] == answer.values("X-Request-ID")[0]
    assert problem["instance"] == {"metrics": "/metrics", "too large": UPLOAD}.get(case, problem["instance"])
    check(answer)
    assert answer.values("Content-Security-Policy") == [STRICT]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/health", 200),
        ("GET", "/api/v1/batch", 200),
        ("GET", "/api/v1/openapi.json", 200),
        ("GET", "/api/v1/problems", 200),
        ("GET", "/problems/not-found", 200),
        ("GET", "/nowhere", 404),
        ("GET", f"/api/v1/batch/status/batch_{'0' * 26}", 404),
        ("DELETE", "/api/v1/health", 405),
        ("POST", UPLOAD, 415),
        ("GET", "/api/v1/batch?limit=x", 422),
    ],
)
def test_responses_of_the_api_have_them_too(client: Client, method: str, path: str, status: int) -> None:
    answer = client.http.request(method, path)
    assert answer.status_code == status, answer.text
    check_headers({name: answer.headers.get_list(name) for name in NAMES})
    if status >= 400:
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json()["request_id"] == answer.headers["X-Request-ID"]


def test_pages_for_people_have_a_policy_of_their_own_that_is_strict(client: Client) -> None:
    answer = client.ask("GET", "/api/v1/docs")
    (policy,) = answer.headers.get_list("Content-Security-Policy")
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy


def test_plain_http_is_redirected_with_headers_but_without_hsts(appliance: Appliance) -> None:
    with connection(appliance.http_port, "", tls=False) as edge:
        answer = exchange(edge, head("GET", "/api/v1/docs?x=1"))
    assert (answer.status, answer.values("Location")) == (
        301,
        [f"https://localhost:{appliance.https_port}/api/v1/docs?x=1"],
    )
    check(answer, tls=False)


def test_plain_http_on_the_tls_port_gets_the_reason(appliance: Appliance) -> None:
    with connection(appliance.https_port, "", tls=False) as edge:
        answer = exchange(edge, head("GET", "/"))
    assert answer.status == 400
    assert "use https" in answer.problem()["detail"]


@pytest.mark.parametrize(("given", "kept"), [("a", True), ("own.request_1-x", True), ("x" * 65, False), ("a b", False)])
def test_a_request_id_is_kept_if_it_is_harmless_and_passed_on(client: Client, given: str, kept: bool) -> None:
    answer = client.http.get("/nowhere", headers={"X-Request-ID": given, **from_a_new_address()})
    assert (answer.headers["X-Request-ID"] == given) == kept
    assert answer.json()["request_id"] == answer.headers["X-Request-ID"]


def test_a_problem_of_nginx_names_its_path_without_what_json_would_escape(client: Client) -> None:
    for path, instance in (("/api/v1/metrics/x?secret=1", "/api/v1/metrics/x"), ("/internal/%22a", "/internal/%22a")):
        assert client.http.get(path, headers=from_a_new_address()).json()["instance"] == instance


def test_long_texts_are_compressed_by_nginx(client: Client) -> None:
    answer = client.http.get("/api/v1/openapi.json", headers={"Accept-Encoding": "gzip", **from_a_new_address()})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["ETag"].startswith('W/"')
    known = {"If-None-Match": answer.headers["ETag"], **from_a_new_address()}
    assert client.http.get("/api/v1/openapi.json", headers=known).status_code == 304


def test_no_cache_keeps_a_redirect(appliance: Appliance) -> None:
    with connection(appliance.http_port, "", tls=False) as edge:
        assert exchange(edge, head("GET", "/")).values("Cache-Control") == ["no-store"]
