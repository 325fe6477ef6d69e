"""Backup and restore of batches, documents, results and tokens as one tar file.

A backup is taken while the appliance runs. It is consistent per document: an entry is read in one step, and the files
it names were durable before the entry named them and never change afterwards. Derived data (queues, counters, indexes)
is not stored; a restore builds it from the documents. Running documents are queued again.
"""

from __future__ import annotations

import io
import json
import shutil
import tarfile
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any, BinaryIO

import redis

from decalogo.batches.scripts import Scripts
from decalogo.batches.states import DocumentState
from decalogo.errors import RequestError
from decalogo.storage.artifacts import ArtifactStore

FORMAT = 1
MANIFEST, LEDGER, ARTIFACTS, GONE = "manifest.json", "ledger.jsonl", "artifacts/", "gone.json"
_HASHES = ("batch:", "document:", "token:", "webhook:")
_MEMBERS = ":documents"
_PIPELINE = 500


def write_backup(client: redis.Redis, store: ArtifactStore, target: BinaryIO) -> dict[str, int]:
    """Write the archive to ``target``, which need not be seekable; return counts of batches, documents and files."""
    counts: Counter[str] = Counter()
    with tarfile.open(fileobj=target, mode="w|") as archive, tempfile.TemporaryFile() as ledger:
        keys: list[str] = []
        for name, row in _rows(client):
            if name.startswith("document:"):
                document_id = name.partition(":")[2]
                keys += [f"documents/{document_id}", f"reviews/{document_id}", row["result_key"], row["pages_key"]]
            counts[name.partition(":")[0]] += 1
            ledger.write(json.dumps([name, row]).encode() + b"\n")
        _add(archive, MANIFEST, json.dumps({"format": FORMAT, **counts}).encode())
        info = tarfile.TarInfo(LEDGER)
        info.size = ledger.tell()
        ledger.seek(0)
        archive.addfile(info, ledger)
        gone = []
        for key in filter(None, keys):
            try:
                with store.open(key) as file:
                    archive.addfile(archive.gettarinfo(arcname=ARTIFACTS + key, fileobj=file), file)
                counts["files"] += 1
            except FileNotFoundError:
                gone.append(key)
        # Reviews that nobody made, and files of a batch that was deleted meanwhile. The last member, so that a check
        # notices a missing end.
        _add(archive, GONE, json.dumps(gone).encode())
    return {"batches": counts["batch"], "documents": counts["document"], "files": counts["files"]}


def restore_backup(
    client: redis.Redis, store: ArtifactStore, source: BinaryIO, *, force: bool = False
) -> dict[str, int]:
    """Restore an archive of :func:`write_backup`; return counts of batches, documents and files.

    Args:
        client: connection to the ledger's database that decodes replies.
        store: artifact store.
        source: the archive; need not be seekable.
        force: restore into an appliance that holds batches; those of the archive replace batches with the same id.

    Raises:
        RequestError: the appliance holds batches and ``force`` is false, or the file is not a valid backup.
    """
    if not force and next(client.scan_iter("batch:*", count=1000), None) is not None:
        raise RequestError("this appliance already holds batches; restore into an empty one, or add --force to merge")
    files = 0
    with tempfile.TemporaryFile() as ledger:
        with open_archive(source) as members:
            for name, content in members:
                if name == MANIFEST:
                    check_format(json.load(content))
                elif name == LEDGER:
                    shutil.copyfileobj(content, ledger)
                elif name.startswith(ARTIFACTS):
                    _store(store, name.removeprefix(ARTIFACTS), content)
                    files += 1
        ledger.seek(0)
        batches, documents = _load(client, store, dict(json.loads(line) for line in ledger))
    return {"batches": batches, "documents": documents, "files": files}


def _rows(client: redis.Redis) -> Iterator[tuple[str, dict[str, Any]]]:
    for prefix in _HASHES:
        # A name with a dot is a part of a split document. A restore queues the whole document again.
        found = client.scan_iter(f"{prefix}*", count=1000)
        names = [n for n in found if not n.endswith(_MEMBERS) and (prefix != "document:" or "." not in n)]
        for i in range(0, len(names), _PIPELINE):
            part = names[i : i + _PIPELINE]
            with client.pipeline(transaction=False) as pipe:
                for name in part:
                    pipe.hgetall(name)
                    pipe.lrange(f"{name}{_MEMBERS}", 0, -1)
                answers = pipe.execute()
            for name, row, members in zip(part, answers[::2], answers[1::2], strict=True):
                if row:
                    yield name, row | ({_MEMBERS: members} if members else {})


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    archive.addfile(info, io.BytesIO(content))


@contextmanager
def open_archive(source: BinaryIO) -> Iterator[Iterator[tuple[str, IO[bytes]]]]:
    """Open an archive of :func:`write_backup`; yield the name and the content of each file in it, in order.

    Raises:
        RequestError: the file is no archive or a damaged one, or the block raises ValueError over a content.
    """
    try:
        with tarfile.open(fileobj=source, mode="r|") as archive:
            yield ((member.name, content) for member in archive if (content := archive.extractfile(member)) is not None)
    except (tarfile.TarError, EOFError, ValueError) as error:
        raise RequestError(f"the file is no backup, or a damaged one ({error})") from error


def check_format(manifest: Any) -> None:
    """Raise :class:`RequestError` unless this version reads the format of a backup."""
    if manifest.get("format") != FORMAT:
        raise RequestError(f"the backup has format {manifest.get('format')!r}; this version reads format {FORMAT}")


def _store(store: ArtifactStore, key: str, content: Any) -> None:
    with store.writer(key) as writer:
        while piece := content.read(1 << 20):
            writer.write(piece)
        writer.commit()


def _load(client: Any, store: ArtifactStore, rows: dict[str, dict[str, Any]]) -> tuple[int, int]:
    """Write the entries and their indexes. Documents whose upload is missing are skipped."""
    batches = documents = 0
    scripts = Scripts(client)
    seconds, micros = client.time()
    for name, row in rows.items():
        kind, _, identity = name.partition(":")
        with client.pipeline(transaction=True) as pipe:
            if kind == "token":
                pipe.hset(name, mapping=row)
                pipe.zadd("tokens", {identity: float(row["created"])})
            elif kind == "webhook" and f"batch:{identity}" in rows:
                pipe.hset(name, mapping=row)
            elif kind == "batch":
                members = {
                    m: rows[f"document:{m}"]
                    for m in row.pop(_MEMBERS, [])
                    if f"document:{m}" in rows and store.exists(f"documents/{m}")
                }
                scripts.add(pipe, "delete", identity, "")
                queued = _load_batch(pipe, identity, row, members, store, seconds + micros / 1e6)
                # Builds the index of the tenant, and moves the webhook of a backup that has it in the batch.
                scripts.add(pipe, "migrate_1_to_2", identity)
                scripts.add(pipe, "requeue_restored", *queued)
                batches += 1
                documents += len(members)
            pipe.execute()
    return batches, documents


def _finished_at(batch: dict[str, str], members: dict[str, Any], now: float) -> str:
    """Return when a batch finished; its entry lacks the time if it finished during the backup."""
    if float(batch["finished_at"]):
        return batch["finished_at"]
    latest = max((float(row["finished_at"]) for row in members.values()), default=0.0)
    return f"{latest or now:.6f}"


def _load_batch(
    pipe: Any, job_id: str, batch: dict[str, str], members: dict[str, Any], store: ArtifactStore, now: float
) -> list[str]:
    """Write one batch and its documents; return the ids of those that must be queued."""
    counts = Counter(dict.fromkeys(DocumentState, 0))
    queued = []
    for document_id, row in members.items():
        if row["state"] == DocumentState.RUNNING or (row["result_key"] and not store.exists(row["result_key"])):
            row |= {
                "state": "queued",
                "owner": "",
                "split": 0,
                "parts": 0,
                "result_key": "",
                "pages_key": "",
                "finished_at": "0",
            }
        counts[DocumentState(row["state"])] += 1
        pipe.hset(f"document:{document_id}", mapping=row)
        if row["state"] == DocumentState.QUEUED:
            queued.append(document_id)
        elif row["state"] == DocumentState.DEAD:
            pipe.zadd("dead", {document_id: float(row["finished_at"])})
    finished_at = "0" if queued else _finished_at(batch, members, now)
    numbers = {state.value: count for state, count in counts.items()} | {"total": len(members)}
    pipe.hset(f"batch:{job_id}", mapping=batch | numbers | {"finished_at": finished_at})
    pipe.delete(f"batch:{job_id}{_MEMBERS}")
    if members:
        pipe.rpush(f"batch:{job_id}{_MEMBERS}", *members)
    pipe.zadd(f"tenant:{batch['tenant']}:batches", {job_id: float(batch["created_at"])})
    if queued:
        pipe.hincrby("unfinished", batch["tenant"], len(queued))
        pipe.sadd("open", job_id)
    else:
        pipe.zadd("finished", {job_id: float(finished_at)})
    return queued
