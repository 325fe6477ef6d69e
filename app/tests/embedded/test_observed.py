"""What an operator sees of a running appliance: metrics of every service, one batch through all logs, and no secret."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import httpx
import pytest

from decalogo.embedded.instance import read_instance
from decalogo.embedded.secrets import admin_token_file
from tests.embedded.conftest import Operator, children, running, wait_until
from tests.metrics.scraping import Scrape, scrape

__all__ = ["running"]
pytestmark = [pytest.mark.embedded, pytest.mark.timeout(1800)]

PLANTED = "PLANTED-WORDS-OF-A-DOCUMENT"
FORGED = "dcl_planted00000_" + "s3cr3tpart" * 5


def ports(operator: Operator) -> dict[str, int]:
    instance = read_instance(operator.layout.instance)
    assert instance is not None
    return instance.metrics()


def client(operator: Operator) -> httpx.Client:
    token = admin_token_file(operator.layout).read_text().strip()
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.Client(base_url=f"{operator.url}/api/v1", headers=headers, trust_env=False, timeout=60)


def hand_in(operator: Operator, *contents: bytes) -> str:
    """Hand in documents, wait until they are done, and return the batch's id."""
    with client(operator) as http:
        files = [("files", (f"{number}.txt", content)) for number, content in enumerate(contents)]
        answer = http.post("/batch/upload", files=files, headers={"X-Request-ID": "an-upload-of-mine"})
        assert answer.status_code == 202, answer.text
        job_id: str = answer.json()["job_id"]
        wait_until(lambda: http.get(f"/batch/status/{job_id}").json()["state"] == "finished", 300, "finished")
    return job_id


def test_every_service_shows_what_it_did(running: Operator) -> None:
    hand_in(running, b"Texto de prueba, uno.", b"Texto de prueba, dos.", b"\0\1\2")
    with client(running) as http:
        assert http.get("/batch", headers={"Authorization": f"Bearer {FORGED}"}).status_code == 401
        assert http.get("/nothing/here").status_code == 404
    at = ports(running)

    def says(service: str) -> Scrape:
        return scrape(at[service])

    # Clients that waited until it was ready got "unavailable" for each request.
    def refused() -> float:
        return sum(
            says("api").total("decalogo_http_problems_total", problem=slug) for slug in ("unauthorized", "not-found")
        )

    wait_until(lambda: refused() == 2, 60, "the API's counts")
    # `up` returns when one worker is heard of.
    seen: list[Scrape] = []

    def both_alive() -> bool:
        seen.append(says("scheduler"))  # without the ledger's series where Redis took too long
        return seen[-1].get("decalogo_workers_alive") == 2

    wait_until(both_alive, 60, "both workers alive")
    wait_until(lambda: says("worker").total("decalogo_worker_documents_total") == 3, 60, "the worker's counts")
    api, worker, ledger = says("api"), says("worker"), seen[-1]
    upload = {"method": "POST", "route": "/api/v1/batch/upload", "status": "202"}
    assert api.get("decalogo_http_requests_total", **upload) == 1
    assert api.get("decalogo_auth_failures_total", reason="unknown") == 1
    assert api.get("decalogo_http_problems_total", problem="unauthorized", status="401") == 1
    assert api.get("decalogo_http_requests_total", method="GET", route="unknown", status="404") == 1
    assert api.get("decalogo_upload_documents_total", tier="premium") == 3
    assert api.get("decalogo_enqueue_duration_seconds_count", step="accept") == 1
    assert api.get("decalogo_api_processes") == 2
    assert worker.total("decalogo_worker_documents_total", evaluator="decalogo") == 3
    assert worker.get("decalogo_stage_duration_seconds_count", stage="score") == 2
    assert worker.total("decalogo_document_failures_total") == 1
    assert worker.get("decalogo_worker_processes") == 2
    assert worker.label("decalogo_worker_process_resident_bytes", "process") == {"0", "1"}
    assert ledger.get("decalogo_documents_finished_total", state="succeeded") == 2
    assert ledger.get("decalogo_documents_finished_total", state="failed") == 1
    assert ledger.get("decalogo_batches_finished_total") == 1
    assert ledger.get("decalogo_admission_open") == 1
    assert ledger.get("decalogo_tokens", tier="premium", state="usable") == 1
    versions = {service: says(service).label("decalogo_build_info", "service") for service in at}
    assert versions == {"api": {"api"}, "worker": {"worker"}, "worker-suspect": {"suspect"}, "scheduler": {"scheduler"}}


def test_a_dead_process_leaves_no_series(running: Operator) -> None:
    at = ports(running)
    before = scrape(at["worker"]).get("decalogo_worker_processes_started_total") or 0
    for service in ("worker", "api"):
        os.kill(children(running.pid(service))[0], signal.SIGKILL)
    wait_until(
        lambda: scrape(at["worker"]).get("decalogo_worker_processes_started_total") == before + 1, 120, "another child"
    )
    wait_until(lambda: scrape(at["api"]).get("decalogo_api_processes") == 2, 120, "another API process")
    slots = scrape(at["worker"]).label("decalogo_worker_process_resident_bytes", "process")
    assert slots == {"0", "1"}
    assert len(scrape(at["api"]).label("decalogo_api_process_resident_bytes", "process")) == 2


def test_streams_are_counted_while_they_are_open(running: Operator) -> None:
    job_id = hand_in(running, b"Otro texto.")
    at = ports(running)["api"]
    with client(running) as http, http.stream("GET", f"/batch/{job_id}/events") as stream:
        assert "finished" in "".join(stream.iter_text())
    wait_until(lambda: scrape(at).get("decalogo_event_streams") == 0, 60, "no stream")


def test_one_batch_is_followed_through_all_logs(running: Operator) -> None:
    mine, other = hand_in(running, b"Un texto mio."), hand_in(running, b"De otra persona.")
    all_of_it = running.run("logs", "--lines", "100000").stdout
    found = running.run("run", "--", "trace", mine, stdin=all_of_it).stdout.splitlines()
    assert found
    services = {line.partition(" | ")[0] for line in found}
    assert {"api", "worker"} <= services
    assert not [line for line in found if other in line]
    parsed = [json.loads(line.partition(" | ")[2]) for line in found]
    assert {"batch accepted", "document finished"} <= {line["message"] for line in parsed}
    assert [line["timestamp"] for line in parsed] == sorted(line["timestamp"] for line in parsed)
    (finished,) = [line for line in parsed if line["message"] == "document finished"]
    assert finished["batch_id"] == mine
    assert finished["attempt"] == 1
    assert finished["worker"].startswith("worker@")
    assert finished["document_id"].startswith("doc_")


def test_no_log_holds_words_of_a_document_a_token_or_a_password(running: Operator) -> None:
    hand_in(running, PLANTED.encode(), f"<html><body>{PLANTED}".encode(), b"%PDF-1.4\n" + PLANTED.encode())
    with client(running) as http:
        for attempt in (FORGED, f"{FORGED} {PLANTED}"):
            http.get("/batch", headers={"Authorization": f"Bearer {attempt}"})
        http.post("/batch/upload", content=PLANTED.encode(), headers={"Content-Type": "application/json"})
        http.post("/batch/upload", content=PLANTED.encode(), headers={"Content-Type": "multipart/form-data"})
    secrets = {path: path.read_text().strip() for path in running.layout.secrets.rglob("*") if _holds_a_secret(path)}
    assert secrets
    admin = admin_token_file(running.layout).read_text().strip()
    wanted = {PLANTED, FORGED, "s3cr3tpart", admin, admin.split("_", 2)[2], *secrets.values()}
    for log in running.layout.logs.glob("*.log"):
        text = log.read_text(errors="replace")
        assert not [secret for secret in wanted if secret in text], log.name
    assert (running.layout.logs / "worker.log").stat().st_size > 0


def _holds_a_secret(path: Path) -> bool:
    return path.is_file() and "password" in path.name


def test_every_line_of_the_program_is_json_with_its_service(running: Operator) -> None:
    for name, service in (
        ("api", "api"),
        ("worker", "worker"),
        ("worker-suspect", "suspect"),
        ("scheduler", "scheduler"),
    ):
        lines = (running.layout.logs / f"{name}.log").read_text().splitlines()
        assert lines
        for line in lines:
            assert json.loads(line)["service"] == service
