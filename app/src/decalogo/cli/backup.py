"""``decalogo backup`` and ``decalogo restore``: all batches, documents, results and tokens as one tar stream."""

from __future__ import annotations

import sys
from pathlib import Path

import typer

from decalogo.batches.backup import restore_backup, write_backup
from decalogo.batches.backup_check import check_backup
from decalogo.cli.audit import record
from decalogo.cli.counts import counted
from decalogo.cli.error_messages import errors_reported
from decalogo.connections import connect
from decalogo.settings import get_settings
from decalogo.storage.artifacts import ArtifactStore


@errors_reported()
def backup(file: Path) -> None:
    """Write the archive to ``file`` (``-`` is standard output); the file appears when it is complete."""
    settings = get_settings()
    record("backup.write")
    client, store = connect(settings.redis, settings.redis.ledger_db), ArtifactStore(settings.storage.path)
    if str(file) == "-":
        counts = write_backup(client, store, sys.stdout.buffer)
    else:
        unfinished = file.with_name(file.name + ".unfinished")
        with unfinished.open("wb") as target:
            counts = write_backup(client, store, target)
        unfinished.replace(file)
    typer.echo(_summary("saved", counts), err=True)


@errors_reported()
def restore(file: Path, force: bool) -> None:
    """Restore an archive from ``file`` (``-`` is standard input)."""
    settings = get_settings()
    record("backup.restore", force=force)
    client, store = connect(settings.redis, settings.redis.ledger_db), ArtifactStore(settings.storage.path)
    if str(file) == "-":
        counts = restore_backup(client, store, sys.stdin.buffer, force=force)
    else:
        with file.open("rb") as source:
            counts = restore_backup(client, store, source, force=force)
    typer.echo(_summary("restored", counts), err=True)


@errors_reported()
def check(file: Path) -> None:
    """Read an archive from ``file`` (``-`` is standard input), and fail if something is missing or changed."""
    if str(file) == "-":
        counts = check_backup(sys.stdin.buffer)
    else:
        with file.open("rb") as source:
            counts = check_backup(source)
    typer.echo(_summary("checked", counts), err=True)


def _summary(verb: str, counts: dict[str, int]) -> str:
    nouns = ("batches", "batch"), ("documents", "document"), ("files", "file")
    return f"{verb} {', '.join(counted(counts[name], noun) for name, noun in nouns)}"
