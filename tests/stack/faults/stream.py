"""A submitter that never stops: batches one after the other, each until it is accepted, and its own book of them."""

from __future__ import annotations

import hashlib
import io
import itertools
import json
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import httpx

from client import Client

File = tuple[str, bytes | io.BytesIO]
UPLOAD = "/api/v1/batch/upload"
RETRIED = (408, 409, 429, 503)


@dataclass
class Book:
    """What was accepted, as the client knows it: document to SHA-256 of its bytes, and the batches."""

    documents: dict[str, str] = field(default_factory=dict)
    batches: dict[str, list[str]] = field(default_factory=dict)
    repeated: Counter[str] = field(default_factory=Counter)
    """Why an upload had to be sent again: a status, or the kind of broken connection."""


def submit(
    client: Client, files: Sequence[tuple[str, bytes]], book: Book, *, slowly: threading.Event | None = None
) -> None:
    """Send a batch, again with the same Idempotency-Key until it is accepted, and note it in the book.

    With ``slowly`` the first sending stops in the middle of its body until that is set.
    """
    key, deadline = str(uuid.uuid4()), time.monotonic() + 600
    while True:
        parts = [("files", (name, Halting(content, slowly) if slowly else content)) for name, content in files]
        slowly = None
        try:
            answer = client.http.post(UPLOAD, files=parts, headers={"Idempotency-Key": key})
        except httpx.TransportError as error:
            why, pause = type(error).__name__, 0.5
        else:
            if answer.status_code == 202:
                break
            assert answer.status_code in RETRIED, f"{answer.status_code} {answer.text}"
            why, pause = str(answer.status_code), min(float(answer.headers.get("Retry-After", 1)), 5)
        book.repeated[why] += 1
        assert time.monotonic() < deadline, f"an upload was not accepted: {book.repeated}"
        time.sleep(pause)
    accepted = answer.json()
    ids = [document["document_id"] for document in accepted["documents"]]
    assert accepted["job_id"] not in book.batches
    book.batches[accepted["job_id"]] = ids
    for document_id, (_, content) in zip(ids, files, strict=True):
        book.documents[document_id] = hashlib.sha256(content).hexdigest()


class Halting(io.BytesIO):
    """A file whose reading stops after the first half MiB until an event is set."""

    def __init__(self, content: bytes, go_on: threading.Event) -> None:
        super().__init__(content)
        self._go_on = go_on

    def read(self, size: int | None = -1) -> bytes:
        """Return the next piece."""
        if self.tell() > 1 << 19:
            self._go_on.wait(60)
        return super().read(size)


class Stream(threading.Thread):
    """Submits batches in a row until it is stopped.

    Args:
        client: of its own, since it runs in a thread.
        files: submitted in rotation.
        book: where accepted batches are noted.
        enough: whether so much waits that the next batch is put off.
        batch: documents in one.
        every_seconds: interval of batches. nginx accepts ten per minute.
    """

    def __init__(
        self, client: Client, files: list[tuple[str, bytes]], book: Book, enough: Callable[[], bool],
        batch: int = 36, every_seconds: float = 6.5,
    ) -> None:  # fmt: skip
        super().__init__(daemon=True)
        self._client, self._files, self._book = client, itertools.cycle(files), book
        self._enough, self._batch, self._every = enough, batch, every_seconds
        self._end = threading.Event()
        self.error: BaseException | None = None

    def run(self) -> None:
        """Hand in until the end."""
        try:
            while not self._end.wait(self._every):
                if self._enough():
                    continue
                submit(self._client, list(itertools.islice(self._files, self._batch)), self._book)
        except BaseException as error:
            self.error = error

    def end(self) -> None:
        """Finish the batch under way and stop; raises what went wrong."""
        self._end.set()
        self.join(700)
        assert not self.is_alive(), "the last upload hangs"
        if self.error:
            raise self.error


@dataclass
class Reconciliation:
    """The book against what the appliance has, from outside; all but the first must be 0."""

    accepted: int = 0
    lost: int = 0
    doubled: int = 0
    wrong: int = 0
    stuck: int = 0
    unsound: set[str] = field(default_factory=set)

    def clean(self) -> bool:
        """Tell whether the promise held."""
        return self.accepted > 0 and self.lost + self.doubled + self.wrong + self.stuck == 0


def reconcile(client: Client, book: Book) -> Reconciliation:
    """Fetch every result of every batch and compare."""
    found = Reconciliation(accepted=len(book.documents))
    digests: dict[tuple[str, str], set[str]] = {}
    there = all_batches(client)
    found.doubled += len(there.keys() - book.batches.keys())  # a repeated upload that became a second batch
    for job_id, ids in book.batches.items():
        lines = (
            client.ask("GET", f"/api/v1/batch/{job_id}/results?format=jsonl").text.splitlines()
            if job_id in there
            else []
        )
        entries = Counter(json.loads(line)["document_id"] for line in lines)
        found.doubled += sum(count - 1 for count in entries.values()) + len(entries.keys() - set(ids))
        results = {entry["document_id"]: entry for entry in map(json.loads, lines)}
        for document_id in ids:
            entry = results.get(document_id)
            state = entry["state"] if entry else "lost"
            if state in ("queued", "running"):
                found.stuck += 1
            elif state != "succeeded" or entry is None or entry["result"] is None:
                found.lost += 1
            else:
                result = entry["result"]
                digests.setdefault((result["document"]["sha256"], result["evaluator"]["name"]), set()).add(
                    result["sha256"]
                )
                if result["document"]["sha256"] == book.documents[document_id] and len(result["answers"]) == 300:
                    continue
                found.wrong += 1
            found.unsound.add(document_id)
    # The same bytes have the same result, whichever fault lay between.
    found.wrong += sum(len(several) - 1 for several in digests.values())
    return found


def all_batches(client: Client) -> dict[str, str]:
    """Return every batch that the appliance has of this client, and its state."""
    states: dict[str, str] = {}
    path = "/api/v1/batch?limit=200"
    while True:
        page = client.get(path)
        states |= {batch["job_id"]: batch["state"] for batch in page["batches"]}
        if not page["next_cursor"]:
            return states
        path = f"/api/v1/batch?limit=200&cursor={page['next_cursor']}"
