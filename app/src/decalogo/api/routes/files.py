"""The original file of a document."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse

from decalogo.api.audit import audit_read
from decalogo.api.dependencies import OwnDocument, ServicesDep, limited
from decalogo.api.downloads import REVALIDATE, disposition, is_known
from decalogo.api.problem_types import declare
from decalogo.api.stored_file import StoredFile
from decalogo.errors import (
    BodyError,
    DocumentError,
    ForbiddenError,
    NotFoundError,
    RangeError,
    UnauthorizedError,
    UnavailableError,
)
from decalogo.evaluation.documents.detect import HEAD_BYTES, OLE, PDF, ZIP, media_type

router = APIRouter(prefix="/documents", tags=["documents"], dependencies=[limited("reads")])

_ANY_FILE: Final = "application/octet-stream"
_OOXML: Final = "application/vnd.openxmlformats-officedocument."
_ODF: Final = "application/vnd.oasis.opendocument."
_OFFICE_TYPES: Final = {
    "docx": (ZIP, f"{_OOXML}wordprocessingml.document"),
    "xlsx": (ZIP, f"{_OOXML}spreadsheetml.sheet"),
    "pptx": (ZIP, f"{_OOXML}presentationml.presentation"),
    "odt": (ZIP, f"{_ODF}text"),
    "ods": (ZIP, f"{_ODF}spreadsheet"),
    "odp": (ZIP, f"{_ODF}presentation"),
    "epub": (ZIP, "application/epub+zip"),
    "doc": (OLE, "application/msword"),
    "xls": (OLE, "application/vnd.ms-excel"),
    "ppt": (OLE, "application/vnd.ms-powerpoint"),
}
_POLICY: Final = "default-src 'none'; frame-ancestors 'self'; sandbox"
"""For a browser that opens an original: it may run no script, load nothing and submit nothing."""
_PDF_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; frame-ancestors 'self'"
"""For PDF: a sandbox would block the PDF viewers of browsers."""


@router.get(
    "/{document_id}/file",
    summary="Original file of a document",
    response_class=FileResponse,
    responses={
        200: {
            "description": "The file byte for byte as it was uploaded; `Range` requests are supported.",
            # The first one is what generators of clients can read; the type of the file is detected from its content.
            "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in (_ANY_FILE, "*/*")},
            "headers": {"ETag": {"description": "SHA-256 of the file.", "schema": {"type": "string"}}},
        },
        304: {"description": "Unchanged since the `ETag` in `If-None-Match`."},
        **declare(UnauthorizedError, ForbiddenError, NotFoundError, RangeError, BodyError, UnavailableError),
    },
)
def file(request: Request, document: OwnDocument, services: ServicesDep) -> Response:
    """The name is that of the upload, and the type is detected from the content; only PDF opens in the browser."""
    etag = f'"{document.sha256}"'
    kept = {"ETag": etag, "Cache-Control": REVALIDATE}
    if is_known(request, etag):
        return Response(status_code=304, headers=kept)
    audit_read(request, "original.read", document=document.document_id)
    try:
        content = services.store.open(f"documents/{document.document_id}")
    except FileNotFoundError as error:
        raise NotFoundError("The file has been deleted.") from error
    kind = _media_type(content.read(HEAD_BYTES), document.filename)
    headers = {
        **kept,
        "Content-Disposition": disposition(document.filename, inline=kind == PDF),
        "Content-Security-Policy": _PDF_POLICY if kind == PDF else _POLICY,
        "X-Content-Type-Options": "nosniff",
    }
    return StoredFile(content, media_type=kind, headers=headers)


def _media_type(head: bytes, filename: str) -> str:
    """Return the type of the content; a container format has the type of its file name's extension, if that fits."""
    try:
        kind = media_type(head)
    except DocumentError:
        return _ANY_FILE
    container, office = _OFFICE_TYPES.get(filename.rpartition(".")[2].lower(), ("", ""))
    return office if container == kind else kind
