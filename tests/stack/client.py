"""A client as documented: it verifies TLS and respects Retry-After."""

from __future__ import annotations

import ssl
import time
from typing import Any

import httpx

TERMINAL = ("succeeded", "partial", "failed", "dead", "cancelled")
FOLLOW_SECONDS = 800.0
"""Time until a followed batch must be finished; shorter than the time limit of a test."""


class Client:
    """HTTP client of one appliance.

    Args:
        url: base address.
        token: bearer token; empty sends none.
        certificate: PEM of the certificate to trust; empty for an address without TLS.
    """

    def __init__(self, url: str, token: str, certificate: str) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        trust = ssl.create_default_context(cadata=certificate or None)
        self.http = httpx.Client(base_url=url, headers=headers, verify=trust, timeout=120, trust_env=False)
        self.waits = 0

    def send(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send a request; repeat a GET once if a reload of nginx closed the kept connection meanwhile."""
        try:
            return self.http.request(method, path, **options)
        except httpx.RemoteProtocolError:
            if method != "GET":
                raise
            return self.http.request(method, path, **options)

    def ask(self, method: str, path: str, *, patience: float = 120, **options: Any) -> httpx.Response:
        """Send a request, again after Retry-After while the answer is 429 or 503, for at most ``patience`` seconds."""
        deadline = time.monotonic() + patience
        while True:
            answer = self.send(method, path, **options)
            if answer.status_code not in (429, 503) or time.monotonic() > deadline:
                return answer
            self.waits += 1
            time.sleep(float(answer.headers["Retry-After"]))

    def get(self, path: str) -> Any:
        """Return the JSON of a successful GET."""
        answer = self.ask("GET", path)
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text}"
        return answer.json()

    def upload(self, files: list[tuple[str, bytes]], options: str = "") -> dict[str, Any]:
        """Submit a batch and return the response."""
        parts = [("files", (name, content)) for name, content in files]
        answer = self.ask("POST", "/api/v1/batch/upload", files=parts, data={"options": options} if options else None)
        assert answer.status_code == 202, f"{answer.status_code} {answer.text}"
        assert answer.headers["Location"]
        accepted: dict[str, Any] = answer.json()
        assert len(accepted["documents"]) == len(files)
        return accepted

    def follow(self, job_id: str) -> list[dict[str, int]]:
        """Poll a batch until it is finished and return the counts of every poll, checking that each adds up."""
        deadline = time.monotonic() + FOLLOW_SECONDS
        polls: list[dict[str, int]] = []
        while True:
            status = self.get(f"/api/v1/batch/status/{job_id}")
            counts = status["counts"]
            assert counts["total"] == sum(number for state, number in counts.items() if state != "total"), counts
            done = sum(counts[state] for state in TERMINAL)
            assert not polls or done >= sum(polls[-1][state] for state in TERMINAL), (
                f"done documents came back: {polls}"
            )
            assert (status["state"] == "finished") == (done == counts["total"]), status
            polls.append(counts)
            if status["state"] == "finished":
                return polls
            assert time.monotonic() < deadline, f"not finished after {FOLLOW_SECONDS} s: {counts}"
            time.sleep(0.7)  # the pause between two polls, not a wait for something to have happened

    def documents(self, job_id: str) -> list[dict[str, Any]]:
        """Return all documents of a batch."""
        found: list[dict[str, Any]] = self.get(f"/api/v1/batch/{job_id}/documents?limit=1000")["documents"]
        return found
