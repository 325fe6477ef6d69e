"""Submit batches to an appliance, follow their progress and fetch their results."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx

from decalogo.client.connection import Connection
from decalogo.client.http import Http
from decalogo.client.multipart import FilePart, Upload
from decalogo.client.retry import RetryPolicy

PAGE = 500
INITIAL_POLL_SECONDS = 0.5
MAX_POLL_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class SubmitOptions:
    """Options of a batch; an empty one is the appliance's default.

    Attributes:
        rubric: name of a rubric of the appliance.
        priority: ``high``, ``normal`` or ``low``.
        not_applicable: id of each point that does not apply, with the reason or an empty text.
        custom_ids: the submitter's id of each document, in the order of the files.
        ocr: ``auto`` or ``never``: whether to recognise pages without a text layer.
        job_id: batch to which the documents are added; only ``custom_ids`` is allowed with it.
    """

    rubric: str = ""
    priority: str = ""
    not_applicable: Mapping[str, str] = field(default_factory=dict)
    custom_ids: Sequence[str] = ()
    ocr: str = ""
    job_id: str = ""

    def as_json(self) -> str:
        """Return the field ``options`` of an upload; empty if all are defaults."""
        asked = {
            "rubric": self.rubric,
            "priority": self.priority,
            "not_applicable": dict(self.not_applicable),
            "custom_ids": list(self.custom_ids),
            "ocr": self.ocr,
            "job_id": self.job_id,
        }
        given = {name: value for name, value in asked.items() if value}
        return json.dumps(given) if given else ""


class Appliance:
    """One appliance; use it as a context manager.

    Args:
        connection: address and access.
        retry: how to retry lost connections and rejected requests.
        notice: called with a line of text before each wait.
        transport: replaces the network in tests.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        retry: RetryPolicy | None = None,
        notice: Callable[[str], None] = lambda _line: None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._retry = retry or RetryPolicy()
        self._client = connection.open(transport)
        self._http = Http(self._client, self._retry, notice)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        self._client.close()

    def submit(
        self,
        files: Sequence[FilePart],
        options: SubmitOptions,
        sent: Callable[[int], None] | None = None,
        *,
        key: str = "",
    ) -> dict[str, Any]:
        """Submit files as one batch and return the answer (``job_id``, ``documents``, ``links``).

        Args:
            files: at most as many as the token's tier allows.
            options: of the batch.
            sent: called with the number of bytes sent so far; a repeated attempt starts again at 0.
            key: idempotency key, for a caller that repeats an upload after a restart; empty: a new one.
        """
        body = Upload(files, options.as_json(), sent)
        answer: dict[str, Any] = self._http.upload("batch/upload", body, key or str(uuid.uuid4()))
        return answer

    def status(self, job_id: str) -> dict[str, Any]:
        """Return state and counts of a batch."""
        answer: dict[str, Any] = self._http.get(f"batch/status/{_segment(job_id)}")
        return answer

    def wait(self, job_id: str, progress: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
        """Return the status of a batch once it has finished; call ``progress`` with each status before."""
        interval = INITIAL_POLL_SECONDS
        while True:
            status = self.status(job_id)
            progress(status)
            if is_finished(status):
                return status
            self._retry.sleep(interval)
            interval = min(interval * 1.3, MAX_POLL_SECONDS)

    def documents(self, job_id: str) -> Iterator[dict[str, Any]]:
        """Yield the documents of a batch in the order of submission, with state and problem."""
        query: dict[str, str | int] = {"limit": PAGE}
        while True:
            page = self._http.get(f"batch/{_segment(job_id)}/documents", query)
            yield from page["documents"]
            if page["next_cursor"] is None:
                return
            query["cursor"] = page["next_cursor"]

    def save_result(self, document_id: str, target: Path) -> None:
        """Write the result of one document to a file, byte for byte as the appliance stores it."""
        self._http.download(f"documents/{_segment(document_id)}/result", target)

    def save_results(self, job_id: str, target: Path) -> None:
        """Write one line of JSON per document, with its state and result, to a file."""
        self._http.download(f"batch/{_segment(job_id)}/results", target, {"format": "jsonl"})

    def delete(self, job_id: str) -> None:
        """Delete a batch with its documents and results, even while it runs."""
        self._http.delete(f"batch/{_segment(job_id)}")


def is_finished(status: dict[str, Any]) -> bool:
    """Return whether every document of a batch is in a terminal state."""
    return bool(status["state"] == "finished")


def _segment(text: str) -> str:
    """Quote ``text`` as one segment of a path."""
    return quote(text, safe="")
