"""Users that behave as clients should: they hand documents in, wait when told to, poll, fetch, and check what they get.

Reads ``plan.json``, ``token`` and the files in ``documents`` of /run/loadtest; appends what it sees to
``seen-<process>.jsonl`` there: a line a request (``kind``, ``at``, ``ms``, ``status``) and a line a document (``kind``
document, ``at``, ``seconds``, ``wrong``, ``pages``).
"""

from __future__ import annotations

import functools
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
from checks import field_name, unlike, unmatched
from gevent.lock import Semaphore
from locust import FastHttpUser, LoadTestShape, events, task
from plan import Plan

FOLDER = Path(os.environ.get("LOADTEST_FOLDER", "/run/loadtest"))
PLAN = Plan.read(FOLDER / "plan.json")
TOKEN = (FOLDER / "token").read_text(encoding="utf-8").strip()
NOT_NOW = (429, 502, 503, 504)
POLL_FIRST, POLL_LONGEST = 0.5, 2.0
PATIENCE = 300.0
_numbers = itertools.count(1)
_began = time.time()
# The body of a batch is up to 98 MiB, and in memory twice: a process makes few of them at a time.
_bodies = Semaphore(4)


@functools.cache
def process() -> str:
    """Return the name of this process; made when first asked for, because locust forks after it has read this file."""
    return uuid.uuid4().hex[:8]


@functools.cache
def _file() -> Any:
    return (FOLDER / f"seen-{process()}.jsonl").open("a", encoding="utf-8", buffering=1)


def note(**seen: Any) -> None:
    """Write one line of what this process sees."""
    _file().write(json.dumps(seen) + "\n")


@events.test_start.add_listener
def _note_start(**_: Any) -> None:
    global _began
    _began = time.time()
    note(kind="start", at=_began)


class Refused(Exception):
    """The appliance did not take it within the user's patience, or answered with an error."""


class Wrong(Exception):
    """A document did not come back as it should; only told, never raised."""


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
                note(kind=kind, at=at, ms=round(1000 * (time.time() - at), 2), status=status, again=attempt > 0)
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
        with _bodies:
            return self._upload()

    def _upload(self) -> tuple[str, dict[str, str]]:
        boundary, handed_in, files = uuid.uuid4().hex, {}, []
        for _ in range(PLAN.batch):
            number = next(_numbers)
            name = PLAN.documents[number % len(PLAN.documents)]
            custom_id = f"{PLAN.run}-{process()}-{number}"
            # One of a kind: what a PDF holds after its end is a comment, and a text has one more line.
            content = (FOLDER / "documents" / name).read_bytes() + f"\n%{custom_id}\n".encode()
            handed_in[custom_id] = hashlib.sha256(content).hexdigest()
            told = field_name(f"{number}-{name}")
            head = f'--{boundary}\r\nContent-Disposition: form-data; name="files"; filename="{told}"\r\n'
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
        pages: dict[str, int] = {}
        try:
            job_id, handed_in = self.upload()
            self.follow(job_id)
            done = time.time()
            wrong, pages = self.check(job_id, handed_in)
        except Refused as error:
            done, wrong = time.time(), dict.fromkeys(handed_in or ["?"], f"refused: {error}")
        for custom_id in handed_in or ["?"]:
            why = wrong.get(custom_id, "")
            note(kind="document", at=at, seconds=round(done - at, 3), wrong=why, pages=pages.get(custom_id, 0))
            # A line of locust's own table: from upload to result, and which results were not right.
            self.environment.events.request.fire(
                request_type="",
                name="document",
                response_time=1000 * (done - at),
                response_length=0,
                exception=Wrong(why) if why else None,
                context={},
            )

    def follow(self, job_id: str) -> None:
        """Poll until the batch is finished."""
        pause = POLL_FIRST
        while self.ask("status", "GET", f"/api/v1/batch/status/{job_id}")["state"] != "finished":
            gevent.sleep(pause)
            pause = min(pause * 1.3, POLL_LONGEST)

    def check(self, job_id: str, handed_in: dict[str, str]) -> tuple[dict[str, str], dict[str, int]]:
        """Return what is wrong with its results, and the pages of those that are right, by own id."""
        documents: list[dict[str, Any]] = []
        query = "?limit=500"
        while True:
            page = self.ask("documents", "GET", f"/api/v1/batch/{job_id}/documents{query}")
            documents += page["documents"]
            if page["next_cursor"] is None:
                break
            query = f"?limit=500&cursor={page['next_cursor']}"
        wrong, pages = unmatched(documents, handed_in), {}
        for document in documents:
            custom_id = document["custom_id"]
            if custom_id not in wrong:
                result = self.ask("result", "GET", f"/api/v1/documents/{document['document_id']}/result")
                if why := unlike(result, handed_in[custom_id]):
                    wrong[custom_id] = f"wrong: {why}"
                else:
                    pages[custom_id] = result["document"]["pages"]
        return wrong, pages


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


USERS = {"journey": Submitter, "upload": Uploader, "status": Asker}

if PLAN.stages:

    class Shape(LoadTestShape):
        """The stages of the plan, one after the other."""

        use_common_options = False

        def tick(self) -> tuple[int, float, list[type[FastHttpUser]]] | None:
            """Return users and how fast they start; ``None`` ends the run."""
            stage = PLAN.stage_at(self.get_run_time())
            if stage is None:
                # A master that only quits does not wait for what its workers' users have handed in.
                self.runner.stop()
                return None
            return stage.users, stage.spawn, [USERS[PLAN.kind]]

else:
    # A person says on locust's page how many there are: of the plan's kind alone.
    for users in USERS.values():
        users.abstract = users is not USERS[PLAN.kind]
    del users
