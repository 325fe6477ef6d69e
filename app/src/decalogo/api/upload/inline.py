"""Read a JSON upload with inline texts: ``{"documents": [{"id", "content"}], "options": {…}}``."""

from __future__ import annotations

from collections.abc import AsyncIterator

from pydantic import Field, ValidationError

from decalogo.api.problems import body_error, validation_error
from decalogo.api.upload.bounded_json import StrictModel, parse_json
from decalogo.api.upload.display_names import display_name
from decalogo.api.upload.form import too_many_documents
from decalogo.api.upload.intake import Intake, in_thread
from decalogo.api.upload.metadata import DocumentOptions
from decalogo.api.upload.options import UploadOptions


class InlineDocument(DocumentOptions):
    """A document with its text."""

    content: str = Field(description="Text of the document.")


class InlineUpload(StrictModel):
    """A batch of inline documents."""

    documents: list[InlineDocument] = Field(min_length=1)
    options: UploadOptions = UploadOptions()  # type: ignore[call-arg]


async def read_inline(
    body: AsyncIterator[bytes], intake: Intake, max_documents: int
) -> tuple[list[DocumentOptions], UploadOptions]:
    """Store the documents of a JSON body; return what it says of each, and the options.

    Raises:
        RequestError: the body is not JSON (the detail has line and column), or has far more parts than documents need.
        BodyError: a member is missing, unknown or of the wrong type, or an id is repeated.
        ForbiddenError: there are more documents than the tier allows.
    """
    raw = bytearray()
    async for chunk in body:
        raw += chunk
    upload = await in_thread(_parse, raw, max_documents)
    del raw
    _check_options(upload.options)
    for number, document in enumerate(upload.documents, start=1):
        intake.begin(display_name(document.id or "", f"document-{number}"))
        await intake.write(document.content.encode("utf-8"))
        await intake.end()
    return list(upload.documents), upload.options


def _parse(raw: bytearray, max_documents: int) -> InlineUpload:
    value = parse_json(raw, "The body", max_documents)
    documents = value.get("documents") if isinstance(value, dict) else None
    if isinstance(documents, list) and len(documents) > max_documents:
        raise too_many_documents(max_documents)
    try:
        return InlineUpload.model_validate(value)
    except ValidationError as error:
        raise validation_error(error) from error


def _check_options(options: UploadOptions) -> None:
    for name in ("custom_ids", "documents", "table"):
        if getattr(options, name) is not None:
            detail = "is for files only; inline documents have their own `id`, `metadata` and `not_applicable`"
            raise body_error([{"where": f"options.{name}", "detail": detail}])
