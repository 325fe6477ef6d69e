"""Picking one batch out of the logs of all services."""

from __future__ import annotations

import json

from decalogo.cli.trace import Trace

BATCH, OTHER = "batch_" + "a" * 26, "batch_" + "b" * 26
MINE, THEIRS = "doc_" + "a" * 26, "doc_" + "b" * 26


def line(service: str, **fields: object) -> str:
    return f"{service}-1  | {json.dumps(fields)}\n"


UPLOAD = line("nginx", time="2026-01-02T03:04:05+00:00", request_id="request-one", path="/api/v1/batch/upload")
ACCEPTED = line("api", timestamp="2026-01-02T03:04:05.250000Z", request_id="request-one", batch_id=BATCH)
ELSEWHERE = line("nginx", time="2026-01-02T03:04:05+00:00", request_id="request-two", path="/api/v1/batch/upload")
LEASE = line("scheduler", timestamp="2026-01-02T03:04:09.000000Z", document_id=MINE, message="lease expired")
DONE = line("worker", timestamp="2026-01-02T03:04:30.000000Z", document_id=MINE, batch_id=BATCH, attempt=2)
THEIR_DONE = line("worker", timestamp="2026-01-02T03:04:30.000000Z", document_id=THEIRS, batch_id=OTHER)
ASKED = line("nginx", time="2026-01-02T03:04:31+00:00", request_id="request-six", path=f"/api/v1/batch/status/{BATCH}")


def test_lines_of_all_services_come_in_the_order_of_time_with_the_edges_line_of_the_upload() -> None:
    mixed = [DONE, THEIR_DONE, LEASE, ELSEWHERE, UPLOAD, ASKED, ACCEPTED, "redis-1  | no JSON\n"]
    assert Trace([BATCH, MINE]).select(mixed) == [UPLOAD, ACCEPTED, LEASE, DONE, ASKED]


def test_following_learns_the_request_from_the_api() -> None:
    assert list(Trace([BATCH, MINE]).follow([ELSEWHERE, ACCEPTED, UPLOAD, THEIR_DONE, DONE])) == [
        ACCEPTED,
        UPLOAD,
        DONE,
    ]


def test_a_caller_whose_requests_all_have_one_id_does_not_mix_batches() -> None:
    same = line("api", timestamp="2026-01-02T03:04:06.000000Z", request_id="request-one", batch_id=OTHER)
    assert Trace([BATCH]).select([ACCEPTED, same]) == [ACCEPTED]


def test_one_document_is_followed_alone() -> None:
    assert Trace([MINE]).select([DONE, THEIR_DONE, LEASE]) == [LEASE, DONE]
