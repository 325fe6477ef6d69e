"""A watched folder: files that people or programs put into it become batches.

The folder may be a network share, so it is polled, and its file system is the only record:

- ``NAME``: a new file. It is taken once its size and time have not changed for the settle time.
- ``.in-progress/KEY/``: the files of one batch. ``KEY`` is the idempotency key of its upload. The content of such a
  folder never grows, so an upload that a restart interrupted is repeated and finds the batch that it made before.
- ``.in-progress/KEY/.batch.json``: written once the batch is accepted; holds its id and the names of its files.
- ``done/NAME`` and ``done/NAME.json``: an evaluated document, and its result.
- ``failed/NAME`` and ``failed/NAME.txt``: a document without a result, and the reason.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, Protocol

from decalogo.client.errors import RefusedError, UnreachableError
from decalogo.client.multipart import FilePart
from decalogo.client.splitting import Planned, uploads

DOCUMENTS_PER_BATCH: Final = 50  # of the tier standard
_DONE, _FAILED, _IN_PROGRESS, _RECORD = "done", "failed", ".in-progress", ".batch.json"
_EVALUATED: Final = ("succeeded", "partial")
# Files that a browser, an office program or a copy is still writing.
_UNFINISHED: Final = (".part", ".partial", ".crdownload", ".download", ".tmp", ".filepart")
_NO_ACCESS: Final = (401, 403)
_GONE: Final = 404


class Batches(Protocol):
    """The part of the client that is used here."""

    def submit(self, files: list[FilePart], *, key: str) -> dict[str, Any]:
        """Submit one batch; a repeated call with the same key and files returns the same batch."""

    def status(self, job_id: str) -> dict[str, Any]:
        """Return state and counts of a batch."""

    def documents(self, job_id: str) -> Iterator[dict[str, Any]]:
        """Yield the documents of a batch in the order of submission."""

    def save_result(self, document_id: str, target: Path) -> None:
        """Write the result of a document to a file."""


class WatchedFolder:
    """One folder and the appliance that evaluates its files.

    Args:
        root: the folder; ``done``, ``failed`` and ``.in-progress`` are made in it.
        batches: client of the appliance, with the token that owns the batches.
        settle_seconds: a file is taken after it has not changed for this time.
        say: receives a line per event.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        root: Path,
        batches: Batches,
        *,
        settle_seconds: float,
        say: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._root = root
        self._batches = batches
        self._settle_seconds = settle_seconds
        self._say = say
        self._clock = clock
        self._seen: dict[str, tuple[int, int, float]] = {}
        for name in (_DONE, _FAILED, _IN_PROGRESS):
            (root / name).mkdir(exist_ok=True)

    def turn(self) -> None:
        """Take settled files, submit what is not submitted, and file away what has finished.

        Raises:
            RefusedError: the token is not accepted.
            OSError: the folder cannot be read, for example because the share is away.
        """
        self._take(self._settled())
        for folder in sorted(path for path in (self._root / _IN_PROGRESS).iterdir() if path.is_dir()):
            try:
                record = self._record(folder) or self._submit(folder)
                if record:
                    self._finish(folder, record)
            except UnreachableError as error:
                self._say(f"the appliance is unreachable; the next turn tries again: {error.detail}")
                return

    def _settled(self) -> list[Path]:
        now, settled = self._clock(), []
        seen: dict[str, tuple[int, int, float]] = {}
        for path in sorted(self._root.iterdir()):
            if path.name.startswith((".", "~$")) or path.suffix.lower() in _UNFINISHED or not path.is_file():
                continue
            facts = path.stat()
            size, changed, since = self._seen.get(path.name, (-1, -1, now))
            if (size, changed) != (facts.st_size, facts.st_mtime_ns):
                since = now
            seen[path.name] = (facts.st_size, facts.st_mtime_ns, since)
            if now - since >= self._settle_seconds:
                settled.append(path)
        self._seen = seen
        return settled

    def _take(self, files: list[Path]) -> None:
        """Move files into folders of one batch each. An archive may hold many documents and is a batch of its own."""
        archives = [path for path in files if path.suffix.lower() == ".zip"]
        single = [FilePart.of(path) for path in files if path not in archives]
        groups = [
            [part.path for part in batch.files] for batch in uploads(Planned(tuple(single)), most=DOCUMENTS_PER_BATCH)
        ]
        for group in [*groups, *([path] for path in archives)]:
            self._set_apart(group)

    def _set_apart(self, files: list[Path]) -> None:
        folder = self._root / _IN_PROGRESS / uuid.uuid4().hex
        folder.mkdir()
        for path in files:
            try:
                path.rename(folder / path.name)
            except OSError as error:  # a program holds it open (Windows), or it is gone
                self._say(f"{path.name} is left for later: {error}")

    def _submit(self, folder: Path) -> dict[str, Any] | None:
        """Submit the files of a folder and record the batch; return the record, or None if there is none."""
        files = sorted(path for path in folder.iterdir() if path.name != _RECORD and not path.name.startswith("."))
        if not files:
            folder.rmdir()
            return None
        try:
            answer = self._batches.submit([FilePart.of(path) for path in files], key=folder.name)
        except RefusedError as error:
            if error.code in _NO_ACCESS and "limit" not in error.members:
                raise
            self._refused(folder, files, error.detail)
            return None
        record = {"job_id": answer["job_id"], "files": [path.name for path in files]}
        draft = folder / f"{_RECORD}.draft"
        draft.write_text(json.dumps(record), encoding="utf-8")
        draft.rename(folder / _RECORD)
        self._say(f"{answer['job_id']}: {', '.join(record['files'])}")
        return record

    def _refused(self, folder: Path, files: list[Path], reason: str) -> None:
        """File a refused upload away. Of several files only one may be at fault, so they are submitted one by one."""
        if len(files) == 1:
            self._fail(files[0], reason)
        else:
            for path in files:
                self._set_apart([path])
        folder.rmdir()

    def _record(self, folder: Path) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = json.loads((folder / _RECORD).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        return found

    def _finish(self, folder: Path, record: dict[str, Any]) -> None:
        """File the documents of a finished batch away. A restart continues with the files that are left."""
        try:
            if self._batches.status(record["job_id"])["state"] != "finished":
                return
            documents = list(self._batches.documents(record["job_id"]))
        except RefusedError as error:
            if error.code != _GONE:
                raise
            documents = []
        if not documents:
            for path in (folder / name for name in record["files"] if (folder / name).exists()):
                self._fail(path, "the batch was deleted before its results were fetched")
        elif len(record["files"]) == 1 and len(documents) != 1:
            self._file_archive(folder / record["files"][0], documents)
        else:
            for name, document in zip(record["files"], documents, strict=True):
                self._file(folder / name, document)
        (folder / _RECORD).unlink()
        folder.rmdir()

    def _file(self, path: Path, document: dict[str, Any]) -> None:
        if not path.exists():
            return
        if document["state"] not in _EVALUATED:
            self._fail(path, _reason(document))
            return
        target = _free(self._root / _DONE / path.name)
        self._batches.save_result(document["document_id"], target.with_name(f"{target.name}.json"))
        path.rename(target)
        self._say(f"{path.name}: {document['state']}")

    def _file_archive(self, path: Path, documents: list[dict[str, Any]]) -> None:
        """File an archive away: done if every document in it has a result."""
        if not path.exists():
            return
        bad = [document for document in documents if document["state"] not in _EVALUATED]
        if bad:
            self._fail(path, "\n".join(f"{document['filename']}: {_reason(document)}" for document in bad))
            return
        target = _free(self._root / _DONE / path.name)
        for number, document in enumerate(documents, 1):
            self._batches.save_result(document["document_id"], target.with_name(f"{target.name}.{number}.json"))
        path.rename(target)
        self._say(f"{path.name}: {len(documents)} documents")

    def _fail(self, path: Path, reason: str) -> None:
        target = _free(self._root / _FAILED / path.name)
        target.with_name(f"{target.name}.txt").write_text(f"{reason}\n", encoding="utf-8")
        path.rename(target)
        self._say(f"{path.name} failed: {reason}")


def _reason(document: dict[str, Any]) -> str:
    problem = document.get("problem") or {}
    text = ": ".join(str(problem[name]) for name in ("title", "detail") if problem.get(name))
    return text or f"the document is {document['state']}"


def _free(target: Path) -> Path:
    """Return the path, with a number if a file of this name is there already."""
    found, number = target, 1
    while found.exists():
        number += 1
        found = target.with_name(f"{target.stem}-{number}{target.suffix}")
    return found
