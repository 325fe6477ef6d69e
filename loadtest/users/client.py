"""What all Locust users share: they act as clients should, honour ``Retry-After`` and note each request.

Input in /run/loadtest: ``plan.json``, ``token`` and the files in ``documents``. Output: ``seen-<process>.jsonl`` with
one line per request (``kind``, ``at``, ``ms``, ``status``) and per document (``kind`` document, ``at``, ``seconds``,
``wrong``, ``pages``).
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
from checks import field_name
from gevent.lock import Semaphore
from locust import FastHttpUser, events
from plan import Plan

FOLDER = Path(os.environ.get("LOADTEST_FOLDER", "/run/loadtest"))
PLAN = Plan.read(FOLDER / "plan.json")
TOKEN = (FOLDER / "token").read_text(encoding="utf-8").strip()
NOT_NOW = (429, 502, 503, 504)
RETRY_TIMEOUT = 300.0
_numbers = itertools.count(1)
_began = time.time()
# A body has up to 98 MiB and is in memory twice, so a process builds few of them concurrently.
_bodies = Semaphore(4)


@functools.cache
def process() -> str:
    """Return a name of this process, created lazily because Locust forks after reading this file."""
    return uuid.uuid4().hex[:8]


@functools.cache
def _file() -> Any:
    return (FOLDER / f"seen-{process()}.jsonl").open("a", encoding="utf-8", buffering=1)


def note(**seen: Any) -> None:
    """Write one observation."""
    _file().write(json.dumps(seen) + "\n")


@events.test_start.add_listener
def _note_start(**_: Any) -> None:
    global _began
    _began = time.time()
    note(kind="start", at=_began)


class Rejected(Exception):
    """The appliance did not accept the request before the timeout, or answered with an error."""


class Client(FastHttpUser):
    """Common behaviour of all users.

    A request that is rejected temporarily is repeated after ``Retry-After``, an upload with the same
    ``Idempotency-Key``. Each attempt is recorded.
    """

    abstract = True
    host = os.environ.get("LOADTEST_URL", "https://nginx:8443")
    network_timeout = connection_timeout = 120.0

    def ssl_context_factory(self) -> ssl.SSLContext:
        """Trust only the certificate of the appliance."""
        certificate = FOLDER / "tls.crt"
        return (
            ssl.create_default_context(cafile=str(certificate))
            if certificate.exists()
            else ssl.create_default_context()
        )

    def on_start(self) -> None:
        """Record when the first journey is due."""
        self._due = time.time()

    def wait_time(self) -> float:
        """Return the pause until the next journey is due; a late one is not compensated."""
        stage, now = PLAN.stage_at(time.time() - _began), time.time()
        self._due = max(self._due + (stage.pace if stage else 0.0), now)
        return self._due - now

    def ask(self, kind: str, method: str, path: str, **options: Any) -> Any:
        """Return the JSON of a successful response.

        Raises:
            Rejected: the response is an error, or never came.
        """
        headers = {"Authorization": f"Bearer {TOKEN}", **options.pop("headers", {})}
        until, attempt = time.time() + RETRY_TIMEOUT, 0
        while True:
            at = time.time()
            with self.client.request(
                method, path, name=kind, headers=headers, catch_response=True, **options
            ) as answer:
                status = answer.status_code or 0
                note(kind=kind, at=at, ms=round(1000 * (time.time() - at), 2), status=status, retried=attempt > 0)
                if 200 <= status < 300:
                    return answer.json()
                if (status not in NOT_NOW and status != 0) or time.time() > until:
                    answer.failure(f"{status}")
                    raise Rejected(f"{kind}: {status} {answer.text[:200] if answer.text else answer.error}")
                answer.success()
                wait = float(answer.headers.get("Retry-After", "1") if answer.headers else 1)
            attempt += 1
            gevent.sleep(wait)

    def upload(self) -> tuple[str, dict[str, str]]:
        """Upload one batch; return its id and the SHA-256 of its documents by own id."""
        with _bodies:
            return self._upload()

    def _upload(self) -> tuple[str, dict[str, str]]:
        boundary, submitted, files = uuid.uuid4().hex, {}, []
        for _ in range(PLAN.batch):
            number = next(_numbers)
            name = PLAN.documents[number % len(PLAN.documents)]
            custom_id = f"{PLAN.run}-{process()}-{number}"
            # Unique content: bytes after the end of a PDF are a comment, and a text gets one more line.
            content = (FOLDER / "documents" / name).read_bytes() + f"\n%{custom_id}\n".encode()
            submitted[custom_id] = hashlib.sha256(content).hexdigest()
            quoted = field_name(f"{number}-{name}")
            head = f'--{boundary}\r\nContent-Disposition: form-data; name="files"; filename="{quoted}"\r\n'
            files += [head.encode(), b"Content-Type: application/octet-stream\r\n\r\n", content, b"\r\n"]
        options = json.dumps({"custom_ids": list(submitted)})
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="options"\r\n\r\n{options}\r\n'
        body = b"".join([head.encode(), *files, f"--{boundary}--\r\n".encode()])
        headers = {"Content-Type": f"multipart/form-data; boundary={boundary}", "Idempotency-Key": str(uuid.uuid4())}
        answer = self.ask("upload", "POST", "/api/v1/batch/upload", data=body, headers=headers)
        return answer["job_id"], submitted
