"""Answers that clients save or cache: readable file names, and ETags with 304."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote

from fastapi import Request, Response

from decalogo.api.upload.display_names import display_name
from decalogo.batches.states import Batch, Document

REVALIDATE: Final = "private, no-cache"
"""Clients may store the answer, and ask with its ETag before they use it."""
_MAX_STEM: Final = 120


def etag_of(body: bytes) -> str:
    """Return the ETag of a body: its SHA-256."""
    return f'"{hashlib.sha256(body).hexdigest()}"'


def is_known(request: Request, etag: str) -> bool:
    """Return whether the client has this version (``If-None-Match``)."""
    return names(request.headers.get("if-none-match"), etag)


def names(if_none_match: str | None, etag: str) -> bool:
    """Return whether the value of ``If-None-Match`` names this version."""
    given = if_none_match or ""
    return given.strip() == "*" or etag in {tag.strip().removeprefix("W/") for tag in given.split(",")}


def cacheable(
    request: Request, body: bytes, media_type: str, headers: Mapping[str, str] | None = None, etag: str = ""
) -> Response:
    """Return ``body`` with an ETag, or 304 if the client has it."""
    etag = etag or etag_of(body)
    kept = {"ETag": etag, "Cache-Control": REVALIDATE}
    if is_known(request, etag):
        return Response(status_code=304, headers=kept)
    return Response(body, headers={**kept, **(headers or {}), "Content-Type": media_type})


def disposition(name: str, *, inline: bool = False) -> str:
    """Return a ``Content-Disposition`` for a file name in any script (RFC 6266), which may be untrusted."""
    safe = display_name(re.sub(r'[<>:"|?*\\/]+', "_", name), "download")
    plain = unicodedata.normalize("NFKD", safe).encode("ascii", "ignore").decode() or "download"
    kind = "inline" if inline else "attachment"
    return f"{kind}; filename=\"{plain.replace('%', '_')}\"; filename*=UTF-8''{quote(safe, safe='')}"


def document_file_name(document: Document, extension: str) -> str:
    """Return a name for a file about a document, such as ``Florencia 2020-2023.xlsx``."""
    name = document.metadata.get("name", "")
    stem = " ".join(part for part in (name, document.metadata.get("period", "")) if part) if name else ""
    stem = stem or document.custom_id or _stem(document.filename) or document.document_id
    return f"{stem[:_MAX_STEM]}.{extension}"


def batch_file_name(batch: Batch, extension: str, what: str = "") -> str:
    """Return a name for a file about a batch: its name or the beginning of its id, the date, and ``what`` it is."""
    day = datetime.fromtimestamp(batch.created_at, UTC).date().isoformat()
    name = batch.metadata.get("name", "")[:_MAX_STEM] or f"decalogo {batch.job_id.removeprefix('batch_')[:8]}"
    return " ".join(part for part in (name, day, what) if part) + f".{extension}"


def _stem(filename: str) -> str:
    stem, dot, extension = filename.rpartition(".")
    return stem if dot and len(extension) <= 5 else filename
