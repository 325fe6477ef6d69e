"""Check of a backup without an appliance: every file that its ledger names is there, whole and unchanged."""

from __future__ import annotations

import hashlib
import json
from typing import IO, Any, BinaryIO, Final

from decalogo.batches.backup import ARTIFACTS, GONE, LEDGER, MANIFEST, check_format, open_archive
from decalogo.errors import RequestError

_PIECE: Final = 1 << 20
_NAMED: Final = 5  # problems in the message


def check_backup(source: BinaryIO) -> dict[str, int]:
    """Read an archive of :func:`~decalogo.batches.backup.write_backup`; return counts of batches, documents and files.

    Args:
        source: the archive; need not be seekable.

    Raises:
        RequestError: the file is no backup, is damaged, or lacks files that its ledger names.
    """
    manifest: dict[str, Any] = {}
    rows: dict[str, dict[str, Any]] = {}
    hashes: dict[str, str] = {}
    gone: set[str] | None = None
    with open_archive(source) as members:
        for name, content in members:
            if name == MANIFEST:
                manifest = json.load(content)
                check_format(manifest)
            elif name == LEDGER:
                rows = dict(json.loads(line) for line in content)
            elif name == GONE:
                gone = set(json.load(content))
            elif name.startswith(ARTIFACTS):
                hashes[name.removeprefix(ARTIFACTS)] = _sha256(content)
    if not manifest or gone is None:
        raise RequestError("the file is no backup, or its end is missing")
    if problems := _problems(manifest, rows, hashes, gone):
        more = f" and {len(problems) - _NAMED} more" if len(problems) > _NAMED else ""
        raise RequestError(f"the backup is damaged: {'; '.join(problems[:_NAMED])}{more}")
    return {"batches": _count(rows, "batch:"), "documents": _count(rows, "document:"), "files": len(hashes)}


def _count(rows: dict[str, dict[str, Any]], prefix: str) -> int:
    return sum(name.startswith(prefix) for name in rows)


def _sha256(content: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while piece := content.read(_PIECE):
        digest.update(piece)
    return digest.hexdigest()


def _problems(
    manifest: dict[str, Any], rows: dict[str, dict[str, Any]], hashes: dict[str, str], gone: set[str]
) -> list[str]:
    """Return what is wrong. Files in ``gone`` belong to batches that were deleted during the backup."""
    problems = [
        f"{_count(rows, f'{kind}:')} entries of kind {kind} instead of {manifest.get(kind, 0)}"
        for kind in ("batch", "document", "token")
        if _count(rows, f"{kind}:") != manifest.get(kind, 0)
    ]
    for name, row in rows.items():
        kind, _, document = name.partition(":")
        upload, result = f"documents/{document}", row.get("result_key", "")
        if kind != "document" or upload in gone:
            continue
        if upload not in hashes:
            problems.append(f"the upload of {document} is missing")
        elif hashes[upload] != row["sha256"]:
            problems.append(f"the upload of {document} is changed")
        elif result and result not in hashes and result not in gone:
            problems.append(f"the result of {document} is missing")
    return problems
