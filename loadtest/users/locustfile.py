"""Users that behave as clients should: they hand documents in, wait when told to, poll, fetch, and check what they get.

Reads ``plan.json`` and ``token`` of /run/loadtest; appends what it sees to ``seen-<process>.jsonl`` there: a line a
request (``kind``, ``at``, ``ms``, ``status``) and a line a document (``kind`` document, ``at``, ``seconds``,
``wrong``).
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import ssl
import time
import uuid
from pathlib import Path
from typing import Any

import gevent
from checks import unlike, unmatched
from locust import FastHttpUser, LoadTestShape, events, task
from plan import Plan

FOLDER = Path(os.environ.get("LOADTEST_FOLDER", "/run/loadtest"))
PLAN = Plan.read(FOLDER / "plan.json")
TOKEN = (FOLDER / "token").read_text(encoding="utf-8").strip()
DOCUMENTS = [(name, (FOLDER / name).read_bytes()) for name in PLAN.documents]
NOT_NOW = (429, 502, 503, 504)
POLL_FIRST, POLL_LONGEST = 0.5, 2.0
PATIENCE = 300.0
_process = uuid.uuid4().hex[:6]
_numbers = itertools.count(1)
_began = time.time()


class Notes:
    """Where this process writes what it sees."""

    def __init__(self) -> None:
        self._file = (FOLDER / f"seen-{_process}.jsonl").open("a", encoding="utf-8", buffering=1)

    def add(self, **seen: Any) -> None:
        """Write one line."""
        self._file.write(json.dumps(seen) + "\n")


notes = Notes()


@events.test_start.add_listener
def _note_start(**_: Any) -> None:
    global _began
    _began = time.time()
    notes.add(kind="start", at=_began)


class Refused(Exception):
    """The appliance did not take it within the user's patience, or answered with an error."""


class Client(FastHttpUser):
    """What all users share.

    A request that is refused for now is sent again after the time it was told to wait (an upload with the same
    Idempotency-Key), and each attempt is noted.
    """

    abstract = True
    host = os.environ.get("LOADTEST_URL", "https://nginx:8443")
    network_timeout = connection_timeout = 120.0

    def ssl_context_factory(self) -> ssl.SSLContext:
        """Trust the appliance's certificate and nothing else."""
        certificate = FOLDER / "tls.crt"
        return (
            ssl.create_default_context(cafile=str(certificate))
            if certificate.exists()
            else ssl.create_default_context()
        )

    def on_start(self) -> None:
        """Note when the first journey was due."""
        self._due = time.time()

    def wait_time(self) -> float:
        """Pause until the next journey is due at the pace of this stage; what is late is not made up for."""
        stage, now = PLAN.stage_at(time.time() - _began), time.time()
        self._due = max(self._due + (stage.pace if stage else 0.0), now)
        return self._due - now

    def ask(self, kind: str, method: str, path: str, **options: Any) -> Any:
        """Return the JSON of an answer that is a success.

        Raises:
            Refused: it was none, or never came.
        """
        headers = {"Authorization": f"Bearer {TOKEN}", **options.pop("headers", {})}
        until, attempt = time.time() + PATIENCE, 0
        while True:
            at = time.time()
            with self.client.request(
                method, path, name=kind, headers=headers, catch_response=True, **options
            ) as answer:
                status = answer.status_code or 0
                notes.add(kind=kind, at=at, ms=round(1000 * (time.time() - at), 2), status=status, again=attempt > 0)
                if 200 <= status < 300:
                    return answer.json()
                if (status not in NOT_NOW and status != 0) or time.time() > until:
                    answer.failure(f"{status}")
                    raise Refused(f"{kind}: {status} {answer.text[:200] if answer.text else answer.error}")
                answer.success()
                wait = float(answer.headers.get("Retry-After", "1") if answer.headers else 1)
            attempt += 1
            gevent.sleep(wait)

    def upload(self) -> tuple[str, dict[str, str]]:
        """Hand one batch in and return its id and the SHA-256 of its documents by own id."""
        boundary, handed_in, files = uuid.uuid4().hex, {}, []
        for _ in range(PLAN.batch):
            number = next(_numbers)
            name, content = DOCUMENTS[number % len(DOCUMENTS)]
            # One of a kind: what a PDF holds after its end is a comment, and a text has one more line.
            content += f"\n%{PLAN.run}-{_process}-{number}\n".encode()
            custom_id = f"{PLAN.run}-{_process}-{number}"
            handed_in[custom_id] = hashlib.sha256(content).hexdigest()
            head = f'--{boundary}\r\nContent-Disposition: form-data; name="files"; filename="{number}-{name}"\r\n'
            files += [head.encode(), b"Content-Type: application/octet-stream\r\n\r\n", content, b"\r\n"]
        options = json.dumps({"custom_ids": list(handed_in)})
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="options"\r\n\r\n{options}\r\n'
        body = b"".join([head.encode(), *files, f"--{boundary}--\r\n".encode()])
        headers = {"Content-Type": f"multipart/form-data; boundary={boundary}", "Idempotency-Key": str(uuid.uuid4())}
        answer = self.ask("upload", "POST", "/api/v1/batch/upload", data=body, headers=headers)
        return answer["job_id"], handed_in


class Submitter(Client):
    """Hands a batch in, follows it to its end, fetches every result and checks it."""

    @task
    def journey(self) -> None:
        """One batch."""
        at = time.time()
        handed_in: dict[str, str] = {}
        try:
            job_id, handed_in = self.upload()
            self.follow(job_id)
            done = time.time()
            wrong = self.check(job_id, handed_in)
        except Refused as error:
            done, wrong = time.time(), dict.fromkeys(handed_in or ["?"], f"refused: {error}")
        for custom_id in handed_in or ["?"]:
            notes.add(kind="document", at=at, seconds=round(done - at, 3), wrong=wrong.get(custom_id, ""))

    def follow(self, job_id: str) -> None:
        """Poll until the batch is finished."""
        pause = POLL_FIRST
        while self.ask("status", "GET", f"/api/v1/batch/status/{job_id}")["state"] != "finished":
            gevent.sleep(pause)
            pause = min(pause * 1.3, POLL_LONGEST)

    def check(self, job_id: str, handed_in: dict[str, str]) -> dict[str, str]:
        """Return what is wrong with its results, by own id."""
        documents: list[dict[str, Any]] = []
        query = "?limit=500"
        while True:
            page = self.ask("documents", "GET", f"/api/v1/batch/{job_id}/documents{query}")
            documents += page["documents"]
            if page["next_cursor"] is None:
                break
            query = f"?limit=500&cursor={page['next_cursor']}"
        wrong = unmatched(documents, handed_in)
        for document in documents:
            custom_id = document["custom_id"]
            if custom_id not in wrong:
                result = self.ask("result", "GET", f"/api/v1/documents/{document['document_id']}/result")
                if why := unlike(result, handed_in[custom_id]):
                    wrong[custom_id] = f"wrong: {why}"
        return wrong


class Uploader(Client):
    """Hands documents in and leaves."""

    @task
    def hand_in(self) -> None:
        """One batch."""
        try:
            self.upload()
        except Refused:
            gevent.sleep(1)


class Asker(Client):
    """Asks how far one batch is, again and again."""

    job_id = ""

    def on_start(self) -> None:
        """Have a batch to ask about."""
        super().on_start()
        Asker.job_id = Asker.job_id or self.upload()[0]

    @task
    def look(self) -> None:
        """One request."""
        try:
            self.ask("status", "GET", f"/api/v1/batch/status/{Asker.job_id}")
        except Refused:
            gevent.sleep(1)


class Shape(LoadTestShape):
    """The stages of the plan, one after the other."""

    use_common_options = False

    def tick(self) -> tuple[int, float, list[type[FastHttpUser]]] | None:
        """Return users and how fast they start; ``None`` ends the run."""
        stage = PLAN.stage_at(self.get_run_time())
        if stage is None:
            return None
        users = {"journey": Submitter, "upload": Uploader, "status": Asker}[PLAN.kind]
        return stage.users, stage.spawn, [users]
