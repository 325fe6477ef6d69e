"""Save the results of a batch: one file or one line per document, and a summary."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from decalogo.client.appliance import Appliance
from decalogo.client.file_names import Names
from decalogo.errors import ClientError

SUMMARY = "summary.csv"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the summary; ``percent`` is None and ``rating`` empty without a result."""

    document: str
    state: str
    percent: float | None
    rating: str
    file: str
    problem: str


def save(appliance: Appliance, job_id: str, folder: Path, *, jsonl: bool, done: Callable[[], None]) -> list[Row]:
    """Write the results of a batch into ``folder`` and return the summary, in the order of submission.

    Args:
        appliance: has the batch.
        job_id: id of the batch.
        folder: created if missing; files of the same name are replaced.
        jsonl: write one file ``results.jsonl`` instead of one file per document.
        done: called after each document.

    Raises:
        ClientError: a request failed until the retry timeout, or the folder is not writable.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        rows = list(_lines(appliance, job_id, folder) if jsonl else _files(appliance, job_id, folder, done))
        _write_summary(folder / SUMMARY, rows)
    except OSError as error:
        raise ClientError(f"cannot write in {folder}: {error.strerror}") from error
    return rows


def _files(appliance: Appliance, job_id: str, folder: Path, done: Callable[[], None]) -> Iterator[Row]:
    names = Names()
    for document in appliance.documents(job_id):
        # Reserved also without a result, so a later run gives every document the same name.
        stem = names.give(_label(document), document["document_id"])
        if document["state"] in ("succeeded", "partial"):
            target = folder / f"{stem}.json"
            appliance.save_result(document["document_id"], target)
            yield _row(document, json.loads(target.read_bytes()), target.name)
        else:
            yield _row(document, None, "")
        done()


def _lines(appliance: Appliance, job_id: str, folder: Path) -> Iterator[Row]:
    target = folder / "results.jsonl"
    appliance.save_results(job_id, target)
    with target.open("rb") as handle:
        for line in handle:
            document = json.loads(line)
            yield _row(document, document["result"], target.name if document["result"] else "")


def _row(document: dict[str, Any], result: dict[str, Any] | None, file: str) -> Row:
    overall = result["global"] if result else {}
    problem = document["problem"] or {}
    text = ": ".join(str(problem[key]) for key in ("title", "detail") if problem.get(key))
    return Row(_label(document), document["state"], overall.get("percent"), overall.get("rating") or "", file, text)


def _label(document: dict[str, Any]) -> str:
    """Return the custom id of a document, or its file name without the extension."""
    return document["custom_id"] or Path(document["filename"]).stem or document["document_id"]


def _write_summary(path: Path, rows: list[Row]) -> None:
    # The byte order mark lets spreadsheet programs detect UTF-8.
    with path.open("w", encoding="utf-8-sig", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(["document", "state", "global_percent", "rating", "file", "problem"])
        for row in rows:
            percent = "" if row.percent is None else row.percent
            writer.writerow([_cell(row.document), row.state, percent, row.rating, row.file, _cell(row.problem)])


def _cell(text: str) -> str:
    """Prevent a spreadsheet from evaluating an untrusted name as a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
