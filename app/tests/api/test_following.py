"""Lists that stay put, streams of events, expiry, and results in the forms people read."""

from __future__ import annotations

import asyncio
import io
import json
import time
import zipfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.types import Message

from decalogo.api.services import Services
from decalogo.api.stream_limits import TOKEN_SHARE, CountedStream, Streams
from decalogo.batches.states import NewDocument, Options
from decalogo.evaluation.evaluators import PatternEvaluator
from decalogo.evaluation.options import EvaluateOptions
from decalogo.evaluation.rubric import load_rubric
from decalogo.reports.words import words
from decalogo.settings import ApiSettings
from tests.api.conftest import problem, wait_until
from tests.api.uploading import UPLOAD
from tests.api.working import fail, succeed
from tests.claims import claim_document
from tests.console.test_pages import evaluated

API = "/api/v1"


def hand_in(services: Services, number: int, tenant: str = "alcaldia") -> str:
    job_id, document_id = f"batch_{number:026d}", f"doc_{number:026d}"
    services.ledger.admit(job_id, tenant, Options(), [NewDocument(document_id, "a.pdf", "", "0" * 64, 1)])
    return job_id


def pages(client: httpx.Client, **query: Any) -> Iterator[list[str]]:
    while True:
        answer = client.get(f"{API}/batch", params=query)
        assert answer.status_code == 200, answer.text
        yield [batch["job_id"] for batch in answer.json()["batches"]]
        cursor = answer.json()["next_cursor"]
        if cursor is None:
            return
        query["cursor"] = cursor


def test_paging_neither_repeats_nor_hides_while_batches_come_and_go(client: httpx.Client, services: Services) -> None:
    jobs = [hand_in(services, number) for number in range(10)][::-1]
    seen = []
    for number, page in enumerate(pages(client, limit=3)):
        seen += page
        hand_in(services, 100 + number)
        services.ledger.delete(page[0])
    assert seen == jobs


def test_batches_of_the_same_moment_are_all_listed(client: httpx.Client, services: Services) -> None:
    jobs = {hand_in(services, number) for number in range(7)}
    services.listing._redis.zadd("tenant:alcaldia:batches", dict.fromkeys(jobs, 1_795_451_568.318912))
    seen = [job_id for page in pages(client, limit=2) for job_id in page]
    assert len(seen) == 7
    assert set(seen) == jobs


def test_batches_are_found_by_state_and_time(client: httpx.Client, services: Services) -> None:
    jobs = [hand_in(services, number) for number in range(6)]
    for number in (1, 4):
        services.ledger.cancel([f"doc_{number:026d}"])
    assert [*pages(client, state="finished", limit=1)][:2] == [[jobs[4]], [jobs[1]]]
    assert sum(len(page) for page in pages(client, state="queued")) == 4
    moments = {b["job_id"]: b["created_at"] for b in client.get(f"{API}/batch").json()["batches"]}
    between = {"created_after": moments[jobs[1]], "created_before": moments[jobs[4]]}
    assert [*pages(client, **between, limit=1)] == [[jobs[3]], [jobs[2]]]


@pytest.mark.parametrize(
    "query", [{"cursor": "x"}, {"cursor": "1~batch_"}, {"state": "odd"}, {"created_after": "noon"}]
)
def test_a_filter_that_makes_no_sense_is_told(client: httpx.Client, query: dict[str, str]) -> None:
    problem(client.get(f"{API}/batch", params=query), 422, "body-invalid")


def test_a_finished_batch_says_when_it_will_be_deleted(client: httpx.Client, services: Services) -> None:
    job_id = hand_in(services, 1)
    assert client.get(f"{API}/batch/status/{job_id}").json()["expires_at"] is None
    services.ledger.cancel([f"doc_{1:026d}"])
    status = client.get(f"{API}/batch/status/{job_id}").json()
    finished, expires = (datetime.fromisoformat(status[name]) for name in ("finished_at", "expires_at"))
    assert expires - finished == timedelta(days=services.settings.storage.retention_days)


@pytest.mark.parametrize("days", [30, 0])
def test_report_and_summary_name_the_date_of_the_status(
    client: httpx.Client, services: Services, days: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services.settings.storage, "retention_days", days)
    job, document = evaluated(client, services)
    expires = client.get(f"{API}/batch/status/{job}").json()["expires_at"]
    kept = words("es")
    wanted = kept["kept_for_ever"]
    if days:
        wanted = kept.say("kept_until", when=kept.moment(datetime.fromisoformat(expires)))
    for path in ("report?format=html", "summary?format=html"):
        assert wanted in client.get(f"{API}/documents/{document}/{path}").text
    assert wanted in client.get(f"{API}/batch/{job}/export?format=html").text


def read_events(answer: httpx.Response) -> Iterator[dict[str, str]]:
    fields: dict[str, str] = {}
    for line in answer.iter_lines():
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
        elif fields:
            if "event" in fields:
                yield fields
            fields = {}


def test_events_tell_every_change_and_end_with_the_batch(client: httpx.Client, services: Services) -> None:
    job_id, document = hand_in(services, 1), f"doc_{1:026d}"
    with client.stream("GET", f"{API}/batch/{job_id}/events") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        stream = read_events(answer)
        first = next(stream)
        assert (first["event"], json.loads(first["data"])["counts"]["queued"]) == ("progress", 1)
        claim_document(services.ledger, document)
        second = next(stream)
        assert json.loads(second["data"])["counts"]["running"] == 1
        services.ledger.cancel([document])
        last = next(stream)
        assert (last["event"], json.loads(last["data"])["state"]) == ("finished", "finished")
        assert list(stream) == []
    assert len({first["id"], second["id"], last["id"]}) == 3
    # Who comes back gets what is new to it, and is told when there is nothing more to come.
    path = f"{API}/batch/{job_id}/events"
    again = client.get(path, headers={"Last-Event-ID": second["id"]})
    assert [e["id"] for e in read_events(again)] == [last["id"]]
    assert client.get(path, headers={"Last-Event-ID": last["id"]}).status_code == 204


def test_streams_are_bounded_in_number_and_time(serve: Callable[..., httpx.Client], services: Services) -> None:
    api = ApiSettings(event_streams=1, events_seconds=300)
    limited = replace(services, settings=services.settings.model_copy(update={"api": api}))
    client = serve(services=limited, tier="premium")
    path = f"{API}/batch/{hand_in(services, 1)}/events"
    with client.stream("GET", path) as answer:
        stream = read_events(answer)  # dropping it would close the connection
        next(stream)
        assert problem(client.get(path), 503, "unavailable")["limit"] == "streams"
    api.events_seconds, began = 0.5, time.monotonic()
    wait_until(lambda: client.get(path).status_code == 200, 60)  # the place is free again, and this stream ends
    assert time.monotonic() - began < 200


def test_one_token_cannot_take_the_streams_of_the_others(
    serve: Callable[..., httpx.Client], services: Services
) -> None:
    settings = services.settings.model_copy(update={"api": ApiSettings(event_streams=2 * TOKEN_SHARE)})
    limited = replace(services, settings=settings)
    greedy, other = serve(services=limited), serve(services=limited)
    path = f"{API}/batch/{hand_in(services, 1)}/events"
    with ExitStack() as open_streams:
        for _ in range(2):
            assert open_streams.enter_context(greedy.stream("GET", path)).status_code == 200
        answer = greedy.get(path)
        refused = problem(answer, 503, "unavailable")
        assert (refused["limit"], refused["allowed"]) == ("token-streams", 2)
        assert int(answer.headers["retry-after"]) >= 1
        assert open_streams.enter_context(other.stream("GET", path)).status_code == 200

    def taken_again() -> bool:
        with greedy.stream("GET", path) as answer:
            return answer.status_code == 200

    wait_until(taken_again, 60)


def test_a_client_that_leaves_before_the_first_event_gives_its_stream_back() -> None:
    async def nothing() -> AsyncIterator[bytes]:
        yield b""

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(_message: Message) -> None:
        await asyncio.Event().wait()

    streams = Streams(1)
    for _ in range(2):
        streams.begin("a")
        asyncio.run(CountedStream(nothing(), streams, "a")({"type": "http"}, receive, send))
    assert streams._open == {}


@pytest.fixture
def judged(client: httpx.Client, services: Services, tmp_path: Path) -> tuple[str, list[str]]:
    """A batch with one real result, one failure, and one result that no report can be made of."""
    text = "Plan de desarrollo. La línea base de feminicidios es de 3 casos en 2023; la meta es 0 casos en 2027."
    plan = tmp_path / "plan.txt"
    plan.write_text(text, encoding="utf-8")
    evaluation = PatternEvaluator().evaluate(plan, load_rubric("decalogo"), EvaluateOptions())
    texts = [{"id": name, "content": text} for name in ("Florencia <b>", "broken", "odd")]
    accepted = client.post(UPLOAD, json={"documents": texts}).json()
    documents = [d["document_id"] for d in accepted["documents"]]
    succeed(services, documents[0], evaluation.to_json())
    fail(services, documents[1])
    succeed(services, documents[2])
    return accepted["job_id"], documents


@pytest.mark.parametrize(
    ("form", "kind", "start"),
    [
        ("html", "text/html; charset=utf-8", b"<!DOCTYPE html>"),
        ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", b"PK"),
        ("csv", "text/csv; charset=utf-8", b""),
        ("csv-excel", "text/csv; charset=utf-8", b"\xef\xbb\xbf"),
    ],
)
def test_a_result_and_a_batch_come_in_the_forms_people_read(
    client: httpx.Client, judged: tuple[str, list[str]], form: str, kind: str, start: bytes
) -> None:
    job_id, documents = judged
    for path in (f"documents/{documents[0]}/result", f"batch/{job_id}/results"):
        answer = client.get(f"{API}/{path}", params={"format": form})
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == kind
        assert answer.content.startswith(start)
        assert len(answer.content) > 200
        assert "sandbox" in answer.headers["content-security-policy"]
        assert b"Florencia <b>" not in answer.content or form != "html"
    problem(client.get(f"{API}/documents/{documents[1]}/result", params={"format": form}), 422, "document-damaged")
    problem(
        client.get(f"{API}/documents/{documents[2]}/result", params={"format": form}), 422, "document-without-result"
    )


def test_a_zip_holds_every_report_and_the_comparison(client: httpx.Client, judged: tuple[str, list[str]]) -> None:
    answer = client.get(f"{API}/batch/{judged[0]}/results", params={"format": "zip"})
    assert answer.headers["content-type"] == "application/zip"
    names = zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
    assert "reports/0001-florencia-b.html" in names
    assert {"index.html", "comparison.xlsx", "comparison.csv", "comparison.json"} <= set(names)
    compared = client.get(f"{API}/batch/{judged[0]}/results", params={"format": "comparison"}).json()
    assert [document["name"] for document in compared["documents"]] == ["Florencia <b>"]
