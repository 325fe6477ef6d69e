"""What is sent again, when, and what is not."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import httpx
import pytest

from decalogo.client.appliance import SubmitOptions
from decalogo.client.errors import RefusedError, UnreachableError
from decalogo.client.multipart import FilePart
from decalogo.client.retry import retry_after_seconds
from decalogo.errors import ClientError
from tests.client.conftest import Clock, Script, broken_after_body, problem

FINISHED = {"job_id": "batch_1", "state": "finished", "counts": {"total": 1, "succeeded": 1}}
ACCEPTED = {"job_id": "batch_1", "documents": []}


@pytest.fixture
def plan(tmp_path: Path) -> FilePart:
    path = tmp_path / "plan.txt"
    path.write_text("El plan.", encoding="utf-8")
    return FilePart.of(path)


def test_a_refusal_is_waited_out_for_as_long_as_it_asks(scripted: Script, clock: Clock) -> None:
    appliance, network = scripted(problem(429, {"Retry-After": "7"}), httpx.Response(200, json=FINISHED))
    assert appliance.status("batch_1") == FINISHED
    assert len(network.requests) == 2
    assert 7 <= clock.now <= 8


def test_waits_grow_and_are_bounded_while_nothing_answers(scripted: Script, clock: Clock) -> None:
    lost = [httpx.ConnectError("refused")] * 7
    appliance, _ = scripted(*lost, httpx.Response(200, json=FINISHED))
    appliance.status("batch_1")
    assert clock.sleeps == [0.5, 1, 2, 4, 8, 15, 15]


def test_a_thousand_failures_are_waited_out_by_who_has_the_patience(scripted: Script, clock: Clock) -> None:
    lost = [httpx.ConnectError("refused")] * 1100
    appliance, _ = scripted(*lost, httpx.Response(200, json=FINISHED), retry_timeout=20_000)
    appliance.status("batch_1")
    assert clock.sleeps[-1] == 15


def test_patience_ends(scripted: Script, clock: Clock) -> None:
    appliance, _ = scripted(*[httpx.ConnectError("refused")] * 100, retry_timeout=20)
    with pytest.raises(UnreachableError, match=r"http://appliance.test.*refused"):
        appliance.status("batch_1")
    assert clock.now <= 20


def test_a_wait_longer_than_patience_is_not_begun(scripted: Script, clock: Clock) -> None:
    appliance, _ = scripted(problem(503, {"Retry-After": "300"}))
    with pytest.raises(UnreachableError, match="asks to wait 300 s"):
        appliance.status("batch_1")
    assert clock.sleeps == []


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 422, 500])
def test_an_error_that_waiting_does_not_mend_is_reported_at_once(scripted: Script, status: int) -> None:
    appliance, network = scripted(problem(status, request_id="r1"))
    with pytest.raises(RefusedError, match=r"A title: What happened\. \(request r1\)") as caught:
        appliance.status("batch_1")
    assert caught.value.code == status
    assert len(network.requests) == 1


def test_a_page_of_a_proxy_instead_of_a_problem_is_named_by_its_status(scripted: Script) -> None:
    appliance, _ = scripted(httpx.Response(404, text="<html>"))
    with pytest.raises(RefusedError, match="Not Found"):
        appliance.status("batch_1")


def test_something_else_at_the_address_is_recognised(scripted: Script) -> None:
    appliance, _ = scripted(httpx.Response(200, text="<html>"))
    with pytest.raises(ClientError, match="does not answer like an appliance"):
        appliance.status("batch_1")


def test_an_upload_cut_off_in_the_middle_is_sent_again_whole(scripted: Script, plan: FilePart) -> None:
    appliance, network = scripted(httpx.WriteError("reset"), httpx.Response(202, json=ACCEPTED))
    assert appliance.submit([plan], SubmitOptions())["job_id"] == "batch_1"
    first, second = network.requests
    assert b"El plan." in network.bodies[-1]
    assert first.headers["Idempotency-Key"] == second.headers["Idempotency-Key"]
    assert int(second.headers["Content-Length"]) == len(network.bodies[-1])


def test_an_upload_whose_answer_was_lost_is_sent_again_with_its_key(scripted: Script, plan: FilePart) -> None:
    under_way = problem(409, {"Retry-After": "2"}, type="/problems/idempotency-key-in-use")
    appliance, network = scripted(
        broken_after_body(httpx.ReadError("reset")), under_way, httpx.Response(504), httpx.Response(202, json=ACCEPTED)
    )
    assert appliance.submit([plan], SubmitOptions())["job_id"] == "batch_1"
    assert len(network.requests) == 4
    assert len({request.headers["Idempotency-Key"] for request in network.requests}) == 1


def test_giving_up_on_an_upload_that_may_have_arrived_says_so(scripted: Script, plan: FilePart) -> None:
    lost = [broken_after_body(httpx.ReadError("reset")), *[httpx.ConnectError("refused")] * 100]
    appliance, _ = scripted(*lost, retry_timeout=20)
    with pytest.raises(UnreachableError, match="may have been accepted"):
        appliance.submit([plan], SubmitOptions())


def test_two_uploads_have_two_keys(scripted: Script, plan: FilePart) -> None:
    appliance, network = scripted(*[httpx.Response(202, json=ACCEPTED)] * 2)
    for _ in range(2):
        appliance.submit([plan], SubmitOptions())
    assert len({request.headers["Idempotency-Key"] for request in network.requests}) == 2


def test_a_refused_upload_is_sent_again_after_the_wait(scripted: Script, plan: FilePart, clock: Clock) -> None:
    appliance, _ = scripted(problem(503, {"Retry-After": "3"}), httpx.Response(202, json=ACCEPTED))
    appliance.submit([plan], SubmitOptions())
    assert 3 <= clock.now <= 4


@pytest.mark.parametrize("status", [502, 504])
def test_a_failure_of_the_edge_is_waited_out(scripted: Script, plan: FilePart, status: int) -> None:
    appliance, network = scripted(
        httpx.Response(status),
        httpx.Response(200, json=FINISHED),
        httpx.Response(status),
        httpx.Response(202, json=ACCEPTED),
    )
    appliance.status("batch_1")
    appliance.submit([plan], SubmitOptions())
    assert len(network.requests) == 4


def test_a_result_that_arrives_damaged_is_fetched_again(scripted: Script, tmp_path: Path) -> None:
    body = b'{"whole": true}'
    etag = {"ETag": f'"{hashlib.sha256(body).hexdigest()}"'}
    appliance, _ = scripted(
        httpx.Response(200, content=b'{"whole": tr', headers=etag), httpx.Response(200, content=body, headers=etag)
    )
    appliance.save_result("doc_1", tmp_path / "r.json")
    assert (tmp_path / "r.json").read_bytes() == body
    assert [path.name for path in tmp_path.iterdir()] == ["r.json"]


def test_no_file_appears_for_a_result_that_never_arrives(scripted: Script, tmp_path: Path) -> None:
    appliance, _ = scripted(problem(404))
    with pytest.raises(RefusedError):
        appliance.save_result("doc_1", tmp_path / "r.json")
    assert list(tmp_path.iterdir()) == []


def test_an_id_with_slashes_stays_one_part_of_the_path(scripted: Script) -> None:
    appliance, network = scripted(problem(404))
    with pytest.raises(RefusedError):
        appliance.status("../../documents/x?y")
    assert network.requests[0].url.raw_path == b"/api/v1/batch/status/..%2F..%2Fdocuments%2Fx%3Fy"


def test_documents_are_read_page_by_page(scripted: Script) -> None:
    appliance, network = scripted(
        httpx.Response(200, json={"documents": [{"n": 1}, {"n": 2}], "next_cursor": "2"}),
        httpx.Response(200, json={"documents": [{"n": 3}], "next_cursor": None}),
    )
    assert [document["n"] for document in appliance.documents("batch_1")] == [1, 2, 3]
    assert network.requests[1].url.params["cursor"] == "2"


def test_retry_after_is_read_as_seconds() -> None:
    assert retry_after_seconds(httpx.Response(503, headers={"Retry-After": "12"})) == 12


@pytest.mark.parametrize(("offset", "low", "high"), [(600, 500, 601), (-60, 0, 0)])
def test_retry_after_is_read_as_a_date(offset: float, low: float, high: float) -> None:
    value = format_datetime(datetime.now(UTC) + timedelta(seconds=offset), usegmt=True)
    seconds = retry_after_seconds(httpx.Response(503, headers={"Retry-After": value}))
    assert seconds is not None
    assert low <= seconds <= high


@pytest.mark.parametrize("value", ["", "soon", "-5", "1.5"])
def test_an_unusable_retry_after_counts_as_none(value: str) -> None:
    assert retry_after_seconds(httpx.Response(503, headers={"Retry-After": value})) is None
